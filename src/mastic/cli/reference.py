"""Generates `docs/settings.md` and `docs/cli.md`, so that no setting or command goes undocumented.

`python -m mastic.cli.reference` writes them, `--check` fails when a committed one is not current.
"""

from __future__ import annotations

import sys
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import click

from mastic.cli.main import COMMANDS, cli
from mastic.settings import Settings, env_name

_LOOK: dict[str, Any] = {"terminal_width": 110, "max_content_width": 110, "help_option_names": ["-h", "--help"]}
DOCS = Path(__file__).parents[3] / "docs"


def settings_page() -> str:
    """Every setting: name, default, environment variable, reason."""
    lines = [
        "# Settings",
        "",
        "Generated from `src/mastic/settings.py`; do not edit. Strongest first: command-line option, environment",
        "variable, `mastic.toml` in the home folder, default. `storage.endpoint` is `endpoint` in table `[storage]`.",
        "",
        "| setting | default | environment | why |",
        "|---|---|---|---|",
    ]
    for f in fields(Settings):
        default = "~/.mastic" if f.default is MISSING else f.default
        shown = "(empty)" if default == "" else default
        choices = f.metadata.get("choices")
        reason = f.metadata["reason"] + (f" One of {', '.join(f'`{c}`' for c in choices)}." if choices else "")
        lines.append(f"| `{f.metadata['name']}` | `{shown}` | `{env_name(f.metadata['name'])}` | {reason} |")
    return "\n".join(lines) + "\n"


def cli_page() -> str:
    """Every command's `--help`, as printed."""
    context = click.Context(cli, info_name="mastic", **_LOOK)
    lines = ["# Commands", "", "Generated from the commands' own `--help`; do not edit.", ""]
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        lines += _sections(command, context, f"mastic {name}")
    return "\n".join(lines)


def _sections(command: click.Command, parent: click.Context, title: str) -> list[str]:
    name = title.removeprefix(f"{parent.info_name} ")
    context = click.Context(command, info_name=name, parent=parent, **_LOOK)
    lines = [f"## {title}", "", "```text", command.get_help(context).rstrip(), "```", ""]
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            assert found is not None
            lines += _sections(found, context, f"{title} {child}")
    return lines


PAGES = {"settings.md": settings_page, "cli.md": cli_page}


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` name those that are stale."""
    if "--check" not in arguments:
        for name, page in PAGES.items():
            (DOCS / name).write_text(page())
        return 0
    stale = [n for n, page in PAGES.items() if not (DOCS / n).exists() or (DOCS / n).read_text() != page()]
    for name in stale:
        print(f"docs/{name} is not current: run `python -m mastic.cli.reference`", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

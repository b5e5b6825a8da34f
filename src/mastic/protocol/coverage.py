"""Generates `docs/coverage.md`: what of AWS is executed, stored or absent, from the registered handlers.

`python -m mastic.protocol.coverage` writes it, `--check` fails when the committed one is not current.
"""

from __future__ import annotations

import importlib
import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path

from mastic.protocol.model import SERVICES, service
from mastic.protocol.registry import OPERATIONS

PAGE = Path(__file__).parents[3] / "docs" / "coverage.md"
# The public names of AWS's library, `module:name`, taken from its signatures.
NAMES = Path(__file__).parent / "awsglue_names.txt"
_TITLES = {"glue": "AWS Glue", "logs": "CloudWatch Logs", "secretsmanager": "Secrets Manager", "sts": "STS"}
_DEPTHS = ("executed", "stored", "absent")
_INTRODUCTION = """\
# Coverage

Generated from the registered handlers by `python -m mastic.protocol.coverage`; do not edit.

*Executed*: does what AWS does. *Stored*: keeps and returns what it is given. *Absent*: answers
`OperationNotSupportedException`, never an empty success. S3 is its own door: see `src/mastic/storage/README.md`.
"""


def page() -> str:
    """The page as it should be."""
    # Named as text: the protocol does not depend on the server, only this listing of what the server registers.
    importlib.import_module("mastic.server")
    summary = [
        f"| {_TITLES[name]} | {' | '.join(str(len(_operations(name)[depth])) for depth in _DEPTHS)} |"
        for name in SERVICES
    ]
    header = [f"| service | {' | '.join(_DEPTHS)} |", "|---|---|---|---|"]
    sections = [_service(name) for name in SERVICES]
    return "\n".join([_INTRODUCTION, *header, *summary, "", *sections, _awsglue()])


def _operations(name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {depth: [] for depth in _DEPTHS}
    for operation in sorted(service(name).operations):
        registered = OPERATIONS.get((name, operation))
        found[registered.depth if registered else "absent"].append(operation)
    return found


def _service(name: str) -> str:
    return _section(_TITLES[name], _operations(name).items())


def _awsglue() -> str:
    names = NAMES.read_text().split()
    there = [name for name in names if _is_there(name)]
    absent = [name for name in names if name not in there]
    title = f"The `awsglue` library: {len(there)} of {len(names)} public names"
    return _section(title, [("working", _short(there)), ("absent", _short(absent))])


def _section(title: str, groups: Iterable[tuple[str, list[str]]]) -> str:
    lines = [f"## {title}", ""]
    for label, names in groups:
        if names:
            text = f"**{label.capitalize()}** ({len(names)}): " + ", ".join(f"`{name}`" for name in names)
            lines += [textwrap.fill(text, 118, break_long_words=False, break_on_hyphens=False), ""]
    return "\n".join(lines)


def _short(names: list[str]) -> list[str]:
    """`awsglue.dynamicframe:DynamicFrame.map` as people write it."""
    return [name.replace(":", ".").removeprefix("awsglue.") for name in names]


def _is_there(name: str) -> bool:
    module, _, path = name.partition(":")
    try:
        found = importlib.import_module(module)
        for part in path.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError, NotImplementedError):
        return False
    return type(found).__name__ != "Absent"


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` compare it. Returns the exit code."""
    wanted = page()
    if "--check" not in arguments:
        PAGE.write_text(wanted)
        return 0
    if PAGE.exists() and PAGE.read_text() == wanted:
        return 0
    sys.stderr.write("docs/coverage.md is not current: run `python -m mastic.protocol.coverage` and commit it\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

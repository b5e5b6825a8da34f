"""Options shared by commands: where Mastic lives and how output looks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from mastic.cli.errors import CommandError
from mastic.settings import Settings, SettingsError, load

F = TypeVar("F", bound=Callable[..., Any])


def home_options(command: F) -> F:
    """`--home` and `--port`, on every command that talks to or starts a Mastic."""
    port = click.option(
        "--port", type=click.IntRange(0, 65535), envvar="MASTIC_PORT", help="Port of the server (default 4590; 0: any)."
    )
    home = click.option(
        "--home", type=click.Path(path_type=Path), envvar="MASTIC_HOME", help="Home folder (default ~/.mastic)."
    )
    return home(port(command))


def json_option(command: F) -> F:
    """`--json`: machine-readable output on every command that prints data."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")(command)


def settings_for(home: Path | None, port: int | None = None, **overrides: Any) -> Settings:
    """The settings of `home`, with a clear error in place of a traceback."""
    try:
        return load(home, {"port": port, **overrides})
    except SettingsError as error:
        raise CommandError(str(error)) from error

"""How commands print: tables for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click

STATE_COLOURS = {
    "SUCCEEDED": "green",
    "FAILED": "red",
    "ERROR": "red",
    "TIMEOUT": "red",
    "EXPIRED": "red",
    "STOPPED": "yellow",
    "STOPPING": "yellow",
    "WAITING": "yellow",
    "STARTING": "cyan",
    "RUNNING": "cyan",
}


def print_json(value: Any) -> None:
    """Indented JSON on standard output."""
    click.echo(json.dumps(value, indent=2, default=str))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, title: str | None = None) -> None:
    """A table as wide as the terminal; full width when piped, so that nothing is cut."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(width=None if sys.stdout.isatty() else 200)
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        numeric = column in ("duration", "cost", "DPU-hours", "attempt")
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell, style=STATE_COLOURS.get(cell, "")) for cell in row))
    console.print(table)


def moment(epoch_seconds: float | None) -> str:
    """A wire time as local text."""
    if epoch_seconds is None:
        return "-"
    return datetime.fromtimestamp(epoch_seconds, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def duration(seconds: float | None) -> str:
    """`3.2 s`, `4 m 05 s`, `2 h 10 m`."""
    if seconds is None:
        return "-"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} m {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} m"


def money(cost: dict[str, Any] | None) -> str:
    """`0.0043 USD`."""
    return "-" if not cost else f"{cost['amount']:.4f} {cost['currency']}"

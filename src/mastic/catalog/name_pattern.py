"""GetTables' Expression: a regular expression over whole table names, or a pattern as Hive and awswrangler write it.

`foo.*` is a regular expression; in `foo*`, `*foo*` and `a*|b*`, where nothing else is special, `*` is any text.
Python's `re` can be made to run for hours by a short pattern; RE2 cannot, and what is only text and `.*` needs neither.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, true

from mastic.protocol.errors import InvalidInputException

Filter = Callable[[Sequence[str]], list[str]]

_HIVE = re.compile(r"[\w*|-]*")
_TEXT_AND_STARS = re.compile(r"(?:[\w-]|\.\*)*")


@dataclass(frozen=True)
class NamePattern:
    """What SQL can say of the pattern, and what is left to do on the names it finds (None: nothing)."""

    condition: ColumnElement[bool]
    keep: Filter | None


def compile_pattern(expression: str | None, name: ColumnElement[str]) -> NamePattern:
    """Raises InvalidInputException when it is not a regular expression of RE2's syntax."""
    if not expression:
        return NamePattern(true(), None)
    if _HIVE.fullmatch(expression):
        return NamePattern(or_(*(_like(name, choice, "*") for choice in expression.split("|"))), None)
    if _TEXT_AND_STARS.fullmatch(expression):
        return NamePattern(_like(name, expression, ".*"), None)
    return NamePattern(true(), _re2(expression))


def _like(name: ColumnElement[str], pattern: str, any_text: str) -> ColumnElement[bool]:
    return name.like(pattern.lower().replace("_", r"\_").replace(any_text, "%"), escape="\\")


def _re2(expression: str) -> Filter:
    import pyarrow as pa  # half a second and tens of megabytes: only for patterns that need it
    import pyarrow.compute as pc

    try:
        pc.match_substring_regex(pa.array([""]), expression)
    except pa.ArrowInvalid as error:
        raise InvalidInputException(f"Expression {expression!r} is not a regular expression: {error}") from None

    def keep(names: Sequence[str]) -> list[str]:
        array = pa.array(names, pa.string())
        whole = rf"\A(?:{expression})\z"
        matches = pc.match_substring_regex(array, whole, ignore_case=True).to_pylist()
        return [name for name, matched in zip(names, matches, strict=True) if matched]

    return keep

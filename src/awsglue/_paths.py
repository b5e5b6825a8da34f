"""Field paths as Glue writes them: `a.b`, `` `a.b`.c`` for a name with a dot, `list[].price` through an array."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from awsglue.gluetypes import ArrayType, DataType, Field, StructType

ELEMENT = "[]"
_STEP = re.compile(r"`(?P<quoted>(?:[^`]|``)+)`|(?P<element>\[\])|(?P<plain>[^.`\[]+(?:\[(?!\])[^.`\[]*)*)|(?P<dot>\.)")
T = TypeVar("T")


def split_path(path: str) -> tuple[str, ...]:
    """The steps of a path; an array's elements are the step "[]". Raises ValueError for what is not a path."""
    if not isinstance(path, str):
        raise TypeError(f"a field path must be a string, not {path!r}")
    steps, position = [], 0
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None:
            raise ValueError(f"{path!r} is not a field path: unexpected {path[position]!r} at {position}")
        position = match.end()
        if match["dot"] is None:
            steps.append((match["quoted"] or "").replace("``", "`") or match["plain"] or ELEMENT)
        elif not steps:
            steps.append(_leading_dot(path, match.end()))
            position = len(path)
    if not steps:
        raise ValueError("a field path must not be empty")
    return tuple(steps)


def _leading_dot(path: str, start: int) -> str:
    """`.zip` without back-ticks: the name Join gives a duplicate; nothing else can start with a dot."""
    rest = path[start:]
    if not rest or "." in rest:
        raise ValueError(f"{path!r} is not a field path; put a name that has dots between back-ticks")
    return path


def quote(name: str) -> str:
    """A column name as a Spark column reference, whatever characters it has."""
    return "`" + name.replace("`", "``") + "`"


@dataclass(frozen=True)
class Found:
    """A path's steps with the names as the schema spells them, and the type at its end."""

    steps: tuple[str, ...]
    data_type: DataType


def find(schema: StructType, path: str, case_sensitive: bool = True) -> Found | None:
    """The field at a path, or None. Array elements may be stepped into with or without `[]`."""
    return follow(schema, split_path(path), case_sensitive)


def follow(schema: StructType, path: Iterable[str], case_sensitive: bool = True) -> Found | None:
    """`find` by steps."""
    steps: list[str] = []
    current: DataType = schema
    for step in path:
        if step == ELEMENT:
            if not isinstance(current, ArrayType):
                return None
            current = current.elementType
            steps.append(ELEMENT)
            continue
        if isinstance(current, ArrayType) and isinstance(current.elementType, StructType):
            current = current.elementType
            steps.append(ELEMENT)
        field = _member(current, step, case_sensitive)
        if field is None:
            return None
        steps.append(field.name)
        current = field.dataType
    return Found(tuple(steps), current)


def _member(current: DataType, name: str, case_sensitive: bool) -> Field | None:
    if not isinstance(current, StructType):
        return None
    if current.hasField(name):
        return current.getField(name)
    if case_sensitive:
        return None
    return next((field for field in current if field.name.lower() == name.lower()), None)


def as_list(paths: str | list[str] | tuple[str, ...]) -> list[str]:
    """Glue takes one path where it documents a list. Raises TypeError for anything else."""
    if not isinstance(paths, str | list | tuple | set):
        raise TypeError(f"field paths are a list of texts, not {paths!r}")
    return [paths] if isinstance(paths, str) else list(paths)

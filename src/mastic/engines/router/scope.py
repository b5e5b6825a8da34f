"""Names: which column an identifier means, by Spark's rules where they leave no doubt."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import count

from mastic.engines.router.pb import Unproven
from mastic.engines.router.types import Type, quoted, struct_of

_fresh = count(1)
_PART = re.compile(r"`((?:[^`]|``)+)`|([^.`]+)")


@dataclass(frozen=True, slots=True)
class Column:
    """One output column; `ident` stays the same while the column only passes through."""

    name: str
    type: Type
    qualifiers: tuple[str, ...] = ()
    ident: int = field(default_factory=_fresh.__next__)

    def renamed(self, name: str) -> Column:
        """The same values as a new attribute (what an alias makes)."""
        return Column(name, self.type)

    def nullable(self) -> Column:
        """The same values, some of them NULL."""
        return replace(self, type=self.type.nullable())

    def qualified(self, alias: str) -> Column:
        return replace(self, qualifiers=(alias.lower(),))


@dataclass(frozen=True, slots=True)
class Output:
    """What a relation gives: its columns, those hidden behind a USING join, and where plan ids can be looked up."""

    columns: tuple[Column, ...]
    plans: dict[int, tuple[Column, ...] | None] = field(default_factory=dict)
    ordered: bool = False  # rows leave in an order the user asked for
    single: bool = False  # the user asked for one partition
    streaming: bool = False
    size: int | None = None  # bytes of the data it is made of; None where that is not known

    @property
    def type(self) -> Type:
        """The struct that a row is."""
        return struct_of(*((column.name, column.type) for column in self.columns))

    def named(self, names: Iterable[str]) -> tuple[Column, ...]:
        """The column each name means; raises Unproven when none or several fit one."""
        held = Named(self.columns)
        return tuple(held.find([name])[0] for name in names)

    def nullable(self) -> Output:
        """The same with NULL in any column, as beside a row that has no match."""
        return self.with_columns(tuple(column.nullable() for column in self.columns))

    def with_columns(self, columns: tuple[Column, ...]) -> Output:
        return replace(self, columns=columns)


def merge_plans(
    left: dict[int, tuple[Column, ...] | None], right: dict[int, tuple[Column, ...] | None]
) -> dict[int, tuple[Column, ...] | None]:
    """Plan ids of both sides; one that stands on both sides is ambiguous (None)."""
    if not left or not right:
        return left or right
    return {**left, **{key: None if key in left else value for key, value in right.items()}}


def split(identifier: str) -> list[str]:
    """`a.b`.c -> ["a.b", "c"]; raises Unproven on anything odd."""
    if "`" not in identifier:
        parts = identifier.split(".")
        if all(parts):
            return parts
        raise Unproven(f"identifier {identifier!r}")
    parts, at = [], 0
    while True:
        match = _PART.match(identifier, at)
        if match is None:
            raise Unproven(f"identifier {identifier!r}")
        parts.append(match[1].replace("``", "`") if match[1] else match[2])
        at = match.end()
        if at == len(identifier):
            return parts
        if identifier[at] != ".":
            raise Unproven(f"identifier {identifier!r}")
        at += 1


def quote(name: str) -> str:
    """A name as one part of an identifier."""
    return name if name.isidentifier() else quoted(name)


class ColumnNotFound(Unproven):
    """No column of that name; what there is."""

    def __init__(self, parts: list[str], columns: tuple[Column, ...]) -> None:
        super().__init__(f"column {'.'.join(parts)} (not found)")
        self.parts, self.columns = parts, columns


class TableNotFound(Unproven):
    """No view of that name in this session."""

    def __init__(self, parts: list[str]) -> None:
        super().__init__(f"table {'.'.join(parts)}")
        self.parts = parts


class Named:
    """Columns by the names they may be called; made once where many identifiers are looked up."""

    def __init__(self, columns: tuple[Column, ...]) -> None:
        self._columns = columns
        self._plain: dict[str, list[Column]] = {}
        self._qualified: dict[tuple[str, str], list[Column]] = {}
        self.idents = Counter(column.ident for column in columns)
        self.by_ident = {column.ident: column for column in columns}
        for column in columns:
            name = column.name.lower()
            self._plain.setdefault(name, []).append(column)
            for qualifier in column.qualifiers:
                self._qualified.setdefault((qualifier, name), []).append(column)

    def candidates(self, parts: list[str]) -> list[tuple[Column, list[str]]]:
        """Each column the parts may mean, with the field path left over."""
        first = parts[0].lower()
        plain = self._plain.get(first, ())
        found = [(column, parts[1:]) for column in plain if len(parts) == 1 or column.type.children]
        if len(parts) > 1:
            found += [(column, parts[2:]) for column in self._qualified.get((first, parts[1].lower()), ())]
        return found

    def find(self, parts: list[str]) -> tuple[Column, list[str]]:
        """The one column the parts mean and the field path left over; raises Unproven when none or several fit."""
        found = self.candidates(parts)
        if not found:
            raise ColumnNotFound(parts, self._columns)
        if len(found) != 1:
            raise Unproven(f"column {'.'.join(parts)} (ambiguous)")
        return found[0]


def candidates(columns: tuple[Column, ...], parts: list[str]) -> list[tuple[Column, list[str]]]:
    """`Named.candidates` for one identifier."""
    return Named(columns).candidates(parts)


def find(columns: tuple[Column, ...], parts: list[str]) -> tuple[Column, list[str]]:
    """`Named.find` for one identifier."""
    return Named(columns).find(parts)

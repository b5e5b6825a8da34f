"""SearchTables: tables of every database by text and by properties, in a chosen order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from operator import eq, ge, gt, le, lt
from typing import Any

from sqlalchemy import select

from mastic.app import App
from mastic.catalog import wire
from mastic.catalog.tables import databases, tables
from mastic.protocol.errors import InvalidInputException

Found = dict[str, Any]
Test = Callable[[Found], bool]

TIMES = ("CreateTime", "UpdateTime", "LastAccessTime", "LastAnalyzedTime")
TEXTS = ("Name", "DatabaseName", "Description", "Owner", "TableType", "CreatedBy", "Location")
_COMPARE = {
    "EQUALS": eq,
    "GREATER_THAN": gt,
    "LESS_THAN": lt,
    "GREATER_THAN_EQUALS": ge,
    "LESS_THAN_EQUALS": le,
}


def search(app: App, text: str, filters: list[dict[str, str]], criteria: list[dict[str, str]]) -> list[Found]:
    """Every table that satisfies all of them, sorted; by database and name where `criteria` say nothing more.

    Follows AWS's description of SearchTables: a filter on text matches whole tokens of the value, a search text its
    words anywhere, in quotes a whole value. Raises InvalidInputException naming the filter that cannot be used.
    """
    tests = [_text_test(text), *(_filter_test(each) for each in filters)]
    wanted = select(databases.c.name.label("database_name"), tables).join(tables)
    with app.store.read() as connection:
        rows = connection.execute(wanted.order_by(databases.c.name, tables.c.name))
        found = [table for row in rows if all(t(table := wire.table(app, row.database_name, row)) for t in tests)]
    for criterion in reversed(criteria):
        name = _property(criterion.get("FieldName", ""), "SortCriteria.FieldName")
        found.sort(key=lambda table: _sortable(table, name), reverse=criterion.get("Sort") == "DESC")
    return found


def _text_test(text: str) -> Test:
    wanted = text.lower()
    if len(wanted) > 1 and wanted[0] == wanted[-1] and wanted[0] in "\"'":
        return lambda table: wanted[1:-1] in (value.lower() for value in _texts(table))
    words = wanted.split()
    return lambda table: all(any(word in value.lower() for value in _texts(table)) for word in words)


def _filter_test(given: dict[str, str]) -> Test:
    name, value = _property(given.get("Key", ""), "Filters.Key"), given.get("Value", "")
    if name in TIMES:
        moment, compare = _moment(value), _COMPARE[given.get("Comparator", "EQUALS")]
        return lambda table: name in table and compare(table[name], moment)
    if given.get("Comparator", "EQUALS") != "EQUALS":
        raise InvalidInputException(f"Filters.Comparator {given['Comparator']} is for times; {name} is text")
    return lambda table: any(_has_tokens(held, value) for held in _values(table, name))


def _has_tokens(held: str, value: str) -> bool:
    tokens = re.split(r"[^0-9a-z]+", held.lower())
    return held.lower() == value.lower() or value.lower() in tokens


def _property(given: str, member: str) -> str:
    known = {name.lower(): name for name in (*TIMES, *TEXTS)}
    if given.lower() in known:
        return known[given.lower()]
    if not given:
        raise InvalidInputException(f"{member} is empty; give one of {', '.join(known.values())} or a parameter's name")
    return given  # a key of the table's parameters


def _values(table: Found, name: str) -> list[str]:
    if name == "Location":
        return [str((table.get("StorageDescriptor") or {}).get("Location", ""))]
    held = table.get(name) if name in TEXTS else (table.get("Parameters") or {}).get(name)
    return [] if held is None else [str(held)]


def _texts(table: Found) -> Iterator[str]:
    for name in TEXTS:
        yield from _values(table, name)
    descriptor = table.get("StorageDescriptor") or {}
    for column in (*descriptor.get("Columns", ()), *table.get("PartitionKeys", ())):
        yield column["Name"]
        yield column.get("Comment", "")
    for key, value in (table.get("Parameters") or {}).items():
        yield from (key, value)


def _sortable(table: Found, name: str) -> tuple[bool, Any]:
    """Tables without the property come first."""
    held = table.get(name) if name in TIMES else next((v.lower() for v in _values(table, name)), None)
    return held is not None, held


def _moment(value: str) -> datetime:
    try:
        if re.fullmatch(r"\d+(\.\d+)?", value):
            return datetime.fromtimestamp(float(value), UTC)
        moment = datetime.fromisoformat(value)
    except (ValueError, OverflowError):
        raise InvalidInputException(
            f"Filters.Value {value!r} is not a time; give epoch seconds or ISO 8601, such as 2026-01-31T08:00:00Z"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

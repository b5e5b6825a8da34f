"""Bookmarks of database tables: the last key a committed run has read. AWS page: Tracking Processed Data.

The bookmark keys together are one compound key. A read takes what lies beyond the committed key and up to the last
key there is when the read is set up, and that last key is what Job.commit saves: rows that arrive meanwhile are the
next run's.
"""

from __future__ import annotations

import datetime
import decimal
import sys
from typing import Any

from awsglue import _bookmarks
from awsglue._database import Database
from awsglue._files import string_list

State = dict[str, Any]
NOTHING = "1 = 0"
_PRIMARY_KEY = """
SELECT k.column_name, c.data_type
FROM information_schema.table_constraints t
JOIN information_schema.key_column_usage k ON k.constraint_name = t.constraint_name
 AND k.table_schema = t.table_schema AND k.table_name = t.table_name
JOIN information_schema.columns c ON c.table_schema = k.table_schema AND c.table_name = k.table_name
 AND c.column_name = k.column_name
WHERE t.constraint_type = 'PRIMARY KEY' AND t.table_schema = {schema} AND t.table_name = {table}
ORDER BY k.ordinal_position"""
_INTEGERS = ("smallint", "integer", "bigint", "int", "mediumint", "tinyint")


def unread(database: Database, table: str, options: dict[str, Any], ctx: str) -> str:
    """The SQL condition on what this source has not read yet; empty where bookmarks are off or there is no key.

    Raises ValueError for keys that are null or a sort order that is none.
    """
    bookmarks = _bookmarks.current()
    if bookmarks is None:
        return ""
    keys = string_list(options.get("jobBookmarkKeys") or options.get("jobBookmarksKeys"))
    if not keys:
        keys = _default_keys(database, table, (bookmarks.value(ctx) or {}).get("keys"))
        if not keys:
            return ""
    order = str(options.get("jobBookmarkKeysSortOrder") or "asc").lower()
    if order not in ("asc", "desc"):
        raise ValueError(f"jobBookmarkKeysSortOrder is {order!r}; it must be asc or desc")
    return _Keys(database, table, keys, order == "asc").unread(bookmarks, ctx)


class _Keys:
    """The compound key of one table."""

    def __init__(self, database: Database, table: str, keys: list[str], ascending: bool) -> None:
        self._database = database
        self._table = table
        self._names = keys
        self._columns = ", ".join(quoted(database, key) for key in keys)
        self._ascending = ascending

    def unread(self, bookmarks: _bookmarks.Bookmarks, ctx: str) -> str:
        self._refuse_nulls()
        before = self._known(bookmarks.value(ctx), ctx)
        upper = bookmarks.upper(ctx)
        last = upper["values"] if upper else self._last()
        if last is None or bookmarks.ends_before(ctx):
            return NOTHING
        bookmarks.set_value(ctx, {"type": "jdbc", "keys": self._names, "values": last})
        beyond, within = (">", "<=") if self._ascending else ("<", ">=")
        conditions = [self._compare(within, last)]
        return " AND ".join([self._compare(beyond, before["values"]), *conditions] if before else conditions)

    def _known(self, state: State | None, ctx: str) -> State | None:
        if state is None or state.get("keys") == self._names:
            return state
        print(f"WARN the bookmark of {ctx!r} has keys {state.get('keys')}, the job now names {self._names}: everything "
              "is read again", file=sys.stderr)  # fmt: skip
        return None

    def _last(self) -> list[list[str]] | None:
        direction = "DESC" if self._ascending else "ASC"
        ordered = ", ".join(f"{quoted(self._database, name)} {direction}" for name in self._names)
        rows = self._database.query(f"SELECT {self._columns} FROM {self._table} ORDER BY {ordered} LIMIT 1")  # noqa: S608
        return [_kept(value) for value in rows[0]] if rows else None

    def _refuse_nulls(self) -> None:
        null = " OR ".join(f"{quoted(self._database, name)} IS NULL" for name in self._names)
        if self._database.query(f"SELECT 1 FROM {self._table} WHERE {null} LIMIT 1"):  # noqa: S608
            raise ValueError(
                f"jobBookmarkKeys {self._names}: rows of {self._table} have a NULL there, which no run would read"
            )

    def _compare(self, operator: str, values: list[list[str]]) -> str:
        literals = ", ".join(_literal(kind, text, self._database) for kind, text in values)
        return f"({self._columns}) {operator} ({literals})"


def _default_keys(database: Database, table: str, used: list[str] | None) -> list[str]:
    """The primary key where AWS takes it for one: a single integer that counts without gaps, or did so far."""
    schema, name = _names(database, table)
    found = database.query(_PRIMARY_KEY.format(schema=schema, table=name)) if name else []
    if len(found) != 1 or found[0][1].lower() not in _INTEGERS:
        _warn_without_keys(table, "it has no integer primary key of one column")
        return []
    if used == [found[0][0]]:
        return used
    key = quoted(database, found[0][0])
    low, high, count = database.query(f"SELECT MIN({key}), MAX({key}), COUNT(*) FROM {table}")[0]  # noqa: S608
    if count and high - low + 1 != count:
        _warn_without_keys(table, f"its primary key {found[0][0]} has gaps")
        return []
    return [found[0][0]]


def _warn_without_keys(table: str, why: str) -> None:
    print(f"WARN {table} is read whole by every run: {why}; name jobBookmarkKeys to bookmark it", file=sys.stderr)


def _names(database: Database, table: str) -> tuple[str, str]:
    """SQL for the schema and the name of a table; an empty name for a query."""
    parts = [part.strip('"`') for part in table.split(".")]
    if table.startswith("(") or len(parts) > 3:
        return "", ""
    folded = [part.lower() if database.is_postgres and '"' not in table else part for part in parts]
    here = "current_schema()" if database.is_postgres else "database()"
    schema = _literal("str", folded[-2], database) if len(folded) > 1 else here
    return schema, _literal("str", folded[-1], database)


def quoted(database: Database, name: str) -> str:
    """A column's name as SQL has it; names are folded by the database, as AWS does not keep their case."""
    if name.replace("_", "a").isalnum():
        return name
    mark = '"' if database.is_postgres else "`"
    return mark + name.replace(mark, mark * 2) + mark


def _kept(value: Any) -> list[str]:
    """A key's value as the bookmark keeps it: its kind and its text."""
    if isinstance(value, bool) or not isinstance(
        value, int | float | decimal.Decimal | str | datetime.datetime | datetime.date
    ):
        raise ValueError(
            f"a bookmark key is a {type(value).__name__}; it must be a number, a text, a date or a timestamp"
        )
    if isinstance(value, datetime.datetime):
        return ["timestamp", value.isoformat(" ")]
    number = isinstance(value, int | float | decimal.Decimal)
    return ["number" if number else "str", str(value)]


def _literal(kind: str, text: str, database: Database) -> str:
    if kind == "number":
        return text
    escaped = text.replace("'", "''")
    return f"'{escaped}'" if database.is_postgres else "'" + escaped.replace("\\", "\\\\") + "'"

"""A misspelt column or table, answered as Spark would: without starting it only to hear its error.

Only where the error is known for sure: one chain of relations, known functions, a name that is nowhere in the plan.
Spark adds the plan to its message (with numbers that differ every time); here it ends before that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mastic.engines.router import sql_text
from mastic.engines.router.errors import analysis_error
from mastic.engines.router.pb import Message, Unproven
from mastic.engines.router.proven import Proven
from mastic.engines.router.scope import ColumnNotFound, TableNotFound
from mastic.engines.router.session import Session
from mastic.engines.router.types import quoted

_CHAIN = frozenset(
    ["project", "with_columns", "aggregate", "filter", "sort", "limit", "subquery_alias", "read", "local_relation",
     "range", "show_string", "with_columns_renamed", "drop", "to_df", "deduplicate", "repartition", "sql"]
)  # fmt: skip
# Names that mean something without being a column.
_SPECIAL = frozenset(
    ["current_date", "current_timestamp", "current_user", "user", "session_user", "localtimestamp", "current_time",
     "current_catalog", "current_database", "current_schema", "grouping__id", "_metadata"]
)  # fmt: skip
_SEVERAL = re.compile(
    r"\b(?:join|union|intersect|except|minus|with|exists|lateral|over|having|order|group)\b|->", re.IGNORECASE
)
_FORMATS = frozenset(
    ["parquet", "csv", "json", "orc", "text", "avro", "xml", "delta", "iceberg", "hudi", "binaryfile", "jdbc"]
)


def error_of(unproven: Unproven, plan: Message, session: Session, proven: Proven, seen: set[str]) -> Exception | None:
    """Spark's own error for the plan; None where only Spark can tell."""
    if session.spark_only or session.spark_views or session.registered:
        return None
    relations = [held for held in _messages(plan) if held.DESCRIPTOR.name == "Relation"]
    if any(held.WhichOneof("rel_type") not in _CHAIN for held in relations):
        return None
    texts = list(_texts(plan))
    bare = [sql_text.without_literals(text)[0].lower() for text in texts]
    if any(_SEVERAL.search(text) or len(re.findall(r"\bselect\b", text)) > 1 for text in bare):
        return None
    if isinstance(unproven, TableNotFound):
        return _table(unproven, session, texts)
    if isinstance(unproven, ColumnNotFound) and _functions_known(plan, proven):
        return _column(unproven, plan, texts, seen)
    return None


def _table(missing: TableNotFound, session: Session, texts: list[str]) -> Exception | None:
    first = missing.parts[0].lower()
    catalogs = {key.split(".")[3].lower() for key in session.conf if key.startswith("spark.sql.catalog.")}
    if len(missing.parts) > 2 or first in _FORMATS | catalogs | {"global_temp"}:
        return None
    position = _position(missing.parts, texts)
    if position is None:
        return None
    return analysis_error(
        "TABLE_OR_VIEW_NOT_FOUND",
        "42P01",
        f"The table or view {'.'.join(map(quoted, missing.parts))} cannot be found."
        " Verify the spelling and correctness of the schema and catalog.\n"
        "If you did not qualify the name with a schema, verify the current_schema() output, or qualify the name with"
        " the correct schema and catalog.\n"
        "To tolerate the error on drop use DROP VIEW IF EXISTS or DROP TABLE IF EXISTS.",
        position,
    )


def _column(missing: ColumnNotFound, plan: Message, texts: list[str], seen: set[str]) -> Exception | None:
    parts, columns = missing.parts, missing.columns
    qualifiers = {column.qualifiers for column in columns}
    names = {part.lower() for part in parts}
    if len(parts) > 2 or len(qualifiers) != 1 or names & (seen | _SPECIAL | set(_aliases(plan))):
        return None
    (qualified,) = qualifiers
    if len(qualified) > 1 or (len(parts) == 2 and qualified and qualified[0] != parts[0]):
        return None
    position = _position(parts, texts)
    if position is None:
        return None
    prefix = [parts[0]] if len(parts) == 2 and qualified else []
    candidates = [[*prefix, column.name] for column in columns]
    base = ".".join(parts)
    ranked = sorted(candidates, key=lambda held: (distance(base, ".".join(map(quoted, held))), ".".join(held)))
    shown = ", ".join(".".join(map(quoted, held)) for held in ranked[:5])
    return analysis_error(
        "UNRESOLVED_COLUMN.WITH_SUGGESTION",
        "42703",
        f"A column, variable, or function parameter with name {'.'.join(map(quoted, parts))} cannot be"
        f" resolved. Did you mean one of the following? [{shown}].",
        position,
    )


def distance(left: str, right: str) -> int:
    """The edits that make one text the other (Levenshtein)."""
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]


def _position(parts: list[str], texts: list[str]) -> str | None:
    """Where in SQL text the name stands, as Spark adds it; None when that is not plain."""
    if not texts:
        return ""
    pattern = re.compile(rf"(?<![\w.`]){re.escape('.'.join(parts))}(?![\w.`(])")
    if len(texts) != 1 or len(found := list(pattern.finditer(texts[0]))) != 1 or "--" in texts[0] or "/*" in texts[0]:
        return None
    before = texts[0][: found[0].start()]
    return f"; line {before.count(chr(10)) + 1} pos {len(before) - before.rfind(chr(10)) - 1}"


def _functions_known(plan: Message, proven: Proven) -> bool:
    return calls(plan) - {"in", "and", "or", "not", "on", "by", "as", "from", "select", "where"} <= proven.functions


def calls(plan: Message) -> set[str]:
    """Names of the functions a plan calls, in messages and in SQL text."""
    called = {held.function_name.lower() for held in _messages(plan) if held.DESCRIPTOR.name == "UnresolvedFunction"}
    for text in _texts(plan):
        called |= {name.lower() for name in re.findall(r"(\w+)\s*\(", sql_text.without_literals(text)[0])}
    return called


def _texts(plan: Message) -> Iterator[str]:
    for held in _messages(plan):
        if held.DESCRIPTOR.name == "SQL":
            yield held.query
        elif held.DESCRIPTOR.name == "ExpressionString":
            yield held.expression


def _aliases(plan: Message) -> Iterator[str]:
    for held in _messages(plan):
        if held.DESCRIPTOR.name == "Alias":
            yield from (name.lower() for name in held.name)
    for text in _texts(plan):
        yield from (name.lower() for name in re.findall(r"(?i)\bas\s+`?(\w+)", text))


def _messages(message: Message) -> Iterator[Any]:
    """The message and every message within."""
    yield message
    for held, value in message.ListFields():
        if held.message_type is None or held.message_type.GetOptions().map_entry:
            continue
        for child in value if held.is_repeated else [value]:
            yield from _messages(child)

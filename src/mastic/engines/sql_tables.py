"""Where a SQL text names tables, and the text with other names in their places.

The text is parsed only to find positions; everything else in it reaches the engine exactly as it was written.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlglot
from sqlglot import exp

# `parquet.`s3://...`` names a path, not a table.
PATH_FORMATS = frozenset({"parquet", "csv", "json", "orc", "avro", "text", "binaryfile", "delta", "iceberg"})
# Comparisons that are never true for null: rows they drop could not have survived the WHERE either.
PUSHABLE = (exp.EQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.In, exp.Between)
EXPLAIN = re.compile(r"\s*explain\s+(?:(?:extended|codegen|cost|formatted)\s+)?", re.IGNORECASE)

# It reports on stderr what it parses only as an opaque command; those texts go to the engine as they are.
logging.getLogger("sqlglot").setLevel(logging.ERROR)


@dataclass(frozen=True)
class Reference:
    """One place where a query names a table. `predicate_on` gives the WHERE's conditions on some of its columns."""

    parts: tuple[str, ...]
    start: int
    end: int
    alias: str
    node: Any

    def predicate_on(self, keys: list[str]) -> str | None:
        """The conditions of the query's WHERE that concern only the columns in `keys`, as Spark SQL."""
        select = self.node.find_ancestor(exp.Select)
        where = select.args.get("where") if select else None
        if where is None or self.node.find_ancestor(exp.Where, exp.Select) is not select:
            return None
        alone = len(_sources(select)) == 1
        lowered = {key.lower() for key in keys}
        found = [c for c in where.this.flatten() if isinstance(where.this, exp.And)] or [where.this]
        usable = [c for c in found if self._concerns_only(c, lowered, alone)]
        return " and ".join(_unqualified(c).sql(dialect="spark") for c in usable) or None

    def _concerns_only(self, condition: Any, keys: set[str], alone: bool) -> bool:
        if not isinstance(condition, PUSHABLE) or condition.find(exp.Query, exp.Func):
            return False
        operands = list(condition.find_all(exp.Column))
        literals = list(condition.find_all(exp.Literal))
        names = {(self.alias or self.parts[-1]).lower()}
        mine = all(c.name.lower() in keys and (c.table.lower() in names if c.table else alone) for c in operands)
        return bool(operands) and bool(literals) and mine


@dataclass(frozen=True)
class Parsed:
    """A statement: what kind it is, and the tables it reads."""

    text: str
    offset: int
    tree: Any

    @property
    def is_query(self) -> bool:
        """Whether it only reads."""
        return isinstance(self.tree, (exp.Query, exp.Subquery, exp.Table))

    @property
    def temporary_view(self) -> str | None:
        """The name of the temporary view it makes, if it does."""
        tree = self.tree
        if not isinstance(tree, exp.Create) or tree.kind != "VIEW":
            return None
        properties = tree.args.get("properties")
        temporary = properties is not None and properties.find(exp.TemporaryProperty) is not None
        return str(tree.this.find(exp.Table).name) if temporary else None

    def references(self) -> list[Reference]:
        """The tables it reads, in order; common table expressions and paths left out."""
        source = self.tree.expression if isinstance(self.tree, exp.Create) else self.tree
        if source is None:
            return []
        found = [r for table in source.find_all(exp.Table) if (r := self._reference(table))]
        return sorted(found, key=lambda r: r.start)

    def _reference(self, table: Any) -> Reference | None:
        names = table.parts
        if not all(isinstance(p, exp.Identifier) and "start" in p.meta for p in names):
            return None  # a function such as range(10)
        parts = tuple(p.name for p in names)
        if parts[0].lower() in PATH_FORMATS and len(parts) == 2:
            return None
        if len(parts) == 1 and _is_common_table(table, parts[0]):
            return None
        start, end = names[0].meta["start"] + self.offset, names[-1].meta["end"] + 1 + self.offset
        return Reference(parts, start, end, table.alias, table)

    def replaced(self, views: Mapping[int, str]) -> str:
        """The text with a view's name at each of the given references' positions."""
        edits: list[tuple[int, int, str]] = []
        for reference in self.references():
            view = views.get(reference.start)
            if view is None:
                continue
            named = "" if reference.alias or reference.node.args.get("sample") else f" AS `{reference.parts[-1]}`"
            edits.append((reference.start, reference.end, view + named))
            edits += self._shortened(reference)
        text = self.text
        for start, end, new in sorted(set(edits), reverse=True):
            text = text[:start] + new + text[end:]
        return text

    def _shortened(self, reference: Reference) -> list[tuple[int, int, str]]:
        """`db.t.column` becomes `t.column`: the view has no database."""
        if len(reference.parts) == 1 or reference.alias:
            return []
        edits = []
        for column in self.tree.find_all(exp.Column):
            first, qualifier = column.parts[0], column.args.get("table")
            named = tuple(p.name.lower() for p in column.parts[:-1])
            if len(named) > 1 and named == tuple(p.lower() for p in reference.parts) and "start" in first.meta:
                edits.append((first.meta["start"] + self.offset, qualifier.meta["start"] + self.offset, ""))
        return edits


def parse(text: str) -> Parsed | None:
    """The statement; None for what the parser does not know (the engine has the last word)."""
    explain = EXPLAIN.match(text)
    offset = explain.end() if explain else 0
    try:
        trees = sqlglot.parse(text[offset:], read="spark")
    except sqlglot.errors.SqlglotError:
        return None
    trees = [t for t in trees if t is not None]
    return Parsed(text, offset, trees[0]) if len(trees) == 1 else None


def _is_common_table(table: Any, name: str) -> bool:
    scope = table.parent
    while scope is not None:
        with_ = scope.args.get("with_") or scope.args.get("with")
        if with_ is not None and any(c.alias.lower() == name.lower() for c in with_.expressions):
            return True
        scope = scope.parent
    return False


def _sources(select: Any) -> list[Any]:
    start = select.args.get("from_") or select.args.get("from")
    return [*([start] if start else []), *(select.args.get("joins") or []), *(select.args.get("laterals") or [])]


def _unqualified(condition: Any) -> Any:
    def bare(node: Any) -> Any:
        return exp.column(node.this.copy()) if isinstance(node, exp.Column) else node

    transform: Callable[..., Any] = condition.copy().transform
    return transform(bare)

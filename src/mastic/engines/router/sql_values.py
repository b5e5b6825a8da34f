"""VALUES and table functions in SQL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mastic.engines.router import pb, types
from mastic.engines.router.expressions import literal_type
from mastic.engines.router.pb import Message, Unproven
from mastic.engines.router.rewrites.local import stream_of
from mastic.engines.router.sql_expressions import only

if TYPE_CHECKING:
    from mastic.engines.router.sql import Query


def relation(query: Query, node: Any) -> Message:
    """`VALUES (1, 'a'), (2, NULL)` as the rows they are; columns are col1, col2 ..."""
    import pyarrow as pa

    only(node, "expressions", "alias", "order", "limit")
    if node.args.get("order") or node.args.get("limit"):
        raise Unproven("sql values with an order or a limit")
    query.need("values")
    rows = [[query.translate(cell) for cell in _cells(row)] for row in node.expressions]
    if len({len(row) for row in rows}) != 1:
        raise Unproven("sql values of different lengths")
    fields, arrays = [], []
    for number, cells in enumerate(zip(*rows, strict=True), 1):
        merged: types.Type | None = types.VOID.nullable(False)
        for cell in cells:
            merged = types.wider(merged, _cell_type(cell)) if merged else None
        if merged is None or merged.kind not in _KINDS:
            raise Unproven("sql values of such types")
        fields.append(pa.field(f"col{number}", types.to_arrow(merged), nullable=merged.null))
        arrays.append(pa.array([_value(cell, merged) for cell in cells], fields[-1].type))
    made = pb.Relation()
    made.local_relation.data = stream_of(pa.Table.from_arrays(arrays, schema=pa.schema(fields)))
    return made


_DATE = re.compile(r"[12][0-9]{3}-[01][0-9]-[0-3][0-9]")
_KINDS = frozenset(("int", "bigint", "decimal", "string", "boolean", "double", "void", "date"))


def _cells(row: Any) -> list[Any]:
    from sqlglot import exp

    if isinstance(row, exp.Tuple):
        only(row, "expressions")
        return list(row.expressions)
    return [row.this] if isinstance(row, exp.Paren) else [row]


def _cell_type(cell: Message) -> types.Type:
    kind = cell.WhichOneof("expr_type")
    if kind == "literal":
        return literal_type(cell.literal)
    if kind == "cast" and _DATE.fullmatch(cell.cast.expr.literal.string) and cell.cast.type.HasField("date"):
        return types.DATE.nullable(False)
    raise Unproven("sql values that are not literals")


def _value(cell: Message, type_: types.Type) -> Any:
    import datetime
    from decimal import Decimal

    if cell.WhichOneof("expr_type") == "cast":
        try:
            return datetime.date.fromisoformat(cell.cast.expr.literal.string)
        except ValueError as error:
            raise Unproven("sql date that is none") from error
    literal = cell.literal
    kind = literal.WhichOneof("literal_type")
    if kind == "null":
        return None
    held = Decimal(literal.decimal.value) if kind == "decimal" else getattr(literal, kind)
    if type_.kind == "decimal":
        return Decimal(held)
    return float(held) if type_.kind == "double" else held


def table_function(query: Query, node: Any) -> Message:
    """`range(...)`, the one table function known here."""
    from sqlglot import exp

    numbers = [argument.this for argument in node.expressions if isinstance(argument, exp.Literal)]
    if node.name.lower() != "range" or len(numbers) != len(node.expressions) or not 1 <= len(numbers) <= 3:
        raise Unproven(f"sql table function {node.name.lower()}")
    query.need("range")
    start, end, step = {1: ["0", *numbers, "1"], 2: [*numbers, "1"], 3: numbers}[len(numbers)]
    made = pb.Relation()
    made.range.start, made.range.end, made.range.step = int(start), int(end), int(step)
    return made

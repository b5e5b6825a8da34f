"""Values as Spark prints them into CSV and JSON files."""

from __future__ import annotations

from mastic.engines.router import pb, scope, types
from mastic.engines.router.pb import Message, Unproven
from mastic.engines.router.rewrites import arithmetic
from mastic.engines.router.scope import Column

# Spark trims what it writes, escapes quotes with a backslash and quotes by rules of its own.
_DELICATE = '^[\\x00-\\x20]|[\\x00-\\x20]$|["\\\\\r\n]'
_TIME = "yyyy-MM-dd'T'HH:mm:ss.SSS"


def printed(kind: str, column: Column) -> Message | None:
    """The column to write instead, under the same name; None to write it as it is."""
    value = pb.attribute(scope.quote(column.name))
    made = _printed(kind, column, value)
    return None if made is None else pb.alias(made, column.name)


def _nested(type_: types.Type) -> bool:
    """Whether a nested value holds something whose print is guarded only at the top."""
    return type_.kind in ("double", "float", "timestamp", "map") or any(_nested(child) for _, child in type_.children)


def _printed(kind: str, column: Column, value: Message) -> Message | None:
    if column.type.children and _nested(column.type):
        raise Unproven(f"write {kind} {column.type.signature()}")
    if column.type == types.TIMESTAMP:
        return pb.function("concat", pb.function("date_format", value, pb.string(_TIME)), pb.string("Z"))
    if column.type == types.DOUBLE:
        if kind == "csv":
            return arithmetic.double_text(value)
        return pb.function("when", arithmetic.prints_plainly(value), value, _refused("a double", types.DOUBLE))
    if column.type == types.STRING and kind == "csv":
        delicate = pb.function("coalesce", pb.function("rlike", value, pb.string(_DELICATE)), _false())
        return pb.function("when", delicate, _refused("delicate text", types.STRING), value)
    return None


def _false() -> Message:
    made = pb.Expression()
    made.literal.boolean = False
    return made


def _refused(what: str, type_: types.Type) -> Message:
    return pb.cast(pb.function("raise_error", pb.string(f"write of {what}")), types.to_proto(type_))

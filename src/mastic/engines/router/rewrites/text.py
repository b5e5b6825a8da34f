"""Values as Spark prints them into JSON files."""

from __future__ import annotations

from mastic.engines.router import pb, scope, types
from mastic.engines.router.pb import Message, Unproven
from mastic.engines.router.rewrites import arithmetic
from mastic.engines.router.scope import Column

_TIME = "yyyy-MM-dd'T'HH:mm:ss.SSS"


def printed(column: Column) -> Message | None:
    """The column to write instead, under the same name; None to write it as it is."""
    value = pb.attribute(scope.quote(column.name))
    made = _printed(column, value)
    return None if made is None else pb.alias(made, column.name)


def _nested(type_: types.Type) -> bool:
    """Whether a nested value holds something whose print is guarded only at the top."""
    return type_.kind in ("double", "float", "timestamp", "map") or any(_nested(child) for _, child in type_.children)


def _printed(column: Column, value: Message) -> Message | None:
    if column.type.children and _nested(column.type):
        raise Unproven(f"write json {column.type.signature()}")
    if column.type == types.TIMESTAMP:
        return timestamp(value)
    if column.type == types.DOUBLE:
        return pb.function("when", arithmetic.prints_plainly(value), value, refused("a double", types.DOUBLE))
    return None


def timestamp(value: Message) -> Message:
    """A timestamp as text, in CSV too."""
    return pb.function("concat", pb.function("date_format", value, pb.string(_TIME)), pb.string("Z"))


def refused(what: str, type_: types.Type) -> Message:
    """An expression that raises where it is evaluated."""
    return pb.cast(pb.function("raise_error", pb.string(f"write of {what}")), types.to_proto(type_))

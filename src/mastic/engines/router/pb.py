"""The one door to the generated protobuf modules, which carry no types: everything they give is `Any`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyspark.sql.connect.proto as _proto
from google.protobuf.unknown_fields import UnknownFieldSet as _UnknownFieldSet

base: Any = _proto
Relation: Any = _proto.Relation
Expression: Any = _proto.Expression
DataType: Any = _proto.DataType
Message = Any


class Unproven(Exception):
    """The plan holds something that is not on the proven list; the message names it."""


def expect(message: Message, *known: str) -> None:
    """Refuse a message with a field set that the caller does not interpret, or one of a newer protocol."""
    for field, value in message.ListFields():
        if field.name not in known and value is not False:
            raise Unproven(f"field {message.DESCRIPTOR.name}.{field.name}")
    if len(_UnknownFieldSet(message)):
        raise Unproven(f"unknown field in {message.DESCRIPTOR.name}")


def copied(message: Message) -> Message:
    """A message of its own that says the same."""
    made = type(message)()
    made.CopyFrom(message)
    return made


def replace(relation: Message, made: Message) -> None:
    """Put another relation in the place of one, under its plan id."""
    made = copied(made)
    if relation.HasField("common"):
        made.common.CopyFrom(relation.common)
    relation.CopyFrom(made)


def projected(source: Message, expressions: Iterable[Message]) -> Message:
    """A relation of expressions over another."""
    made = Relation()
    made.project.input.CopyFrom(source)
    made.project.expressions.extend(expressions)
    return made


def filtered(source: Message, condition: Message) -> Message:
    """The rows of a relation that meet a condition."""
    made = Relation()
    made.filter.input.CopyFrom(source)
    made.filter.condition.CopyFrom(condition)
    return made


def function(name: str, *arguments: Message) -> Message:
    """A call of a built-in function."""
    made = Expression()
    made.unresolved_function.function_name = name
    for argument in arguments:
        made.unresolved_function.arguments.add().CopyFrom(argument)
    return made


def attribute(name: str, plan_id: int | None = None) -> Message:
    """A reference to a column by its (quoted where needed) name."""
    made = Expression()
    made.unresolved_attribute.unparsed_identifier = name
    if plan_id is not None:
        made.unresolved_attribute.plan_id = plan_id
    return made


def star() -> Message:
    """Every column."""
    made = Expression()
    made.unresolved_star.SetInParent()
    return made


def alias(expression: Message, name: str) -> Message:
    """The expression under a name."""
    made = Expression()
    made.alias.expr.CopyFrom(expression)
    made.alias.name.append(name)
    return made


def cast(expression: Message, type_: Message, *, try_: bool = False) -> Message:
    """The expression cast to a type; `try_` gives NULL where the cast fails."""
    made = Expression()
    made.cast.expr.CopyFrom(expression)
    made.cast.type.CopyFrom(type_)
    if try_:
        made.cast.eval_mode = Expression.Cast.EVAL_MODE_TRY
    return made


def string(value: str) -> Message:
    """A string literal."""
    made = Expression()
    made.literal.string = value
    return made


def integer(value: int) -> Message:
    """An int literal."""
    made = Expression()
    made.literal.integer = value
    return made


def long(value: int) -> Message:
    """A bigint literal."""
    made = Expression()
    made.literal.long = value
    return made


def double(value: float) -> Message:
    """A double literal."""
    made = Expression()
    made.literal.double = value
    return made


def null() -> Message:
    """An untyped NULL."""
    made = Expression()
    made.literal.null.null.SetInParent()
    return made

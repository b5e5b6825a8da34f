"""Values inside a Map function that is followed as columns: constants, arithmetic, texts, choices between them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F

from awsglue._lambda import (
    LONG_MAX,
    Constant,
    Truth,
    UnsupportedError,
    Value,
    any_of,
    field_of,
    sure,
)

EXACT = 2**53


@dataclass
class Made:
    """A record the function makes or was given: fields by name, in the order they were set."""

    fields: dict[str, Any]


@dataclass(frozen=True)
class Items:
    """A list the function makes."""

    members: tuple[Any, ...]


def member(owner: Any, name: str) -> Any:
    if not isinstance(owner, Made):
        return field_of(owner, name)
    if name not in owner.fields:
        raise UnsupportedError(name)
    return owner.fields[name]


def is_text(node: Any) -> bool:
    return isinstance(node, Value) and node.family == "string"


def needed(value: Value) -> Column | None:
    """Where a value raises, or is None where a value is needed."""
    return any_of(value.error, value.column.isNull()) if value.nullable else value.error


def text_of(column: Column, owner: Value) -> Value:
    return Value(column, "string", needed(owner), nullable=False)


def value_of(node: Any) -> Value:
    """A constant or a value as a value."""
    if isinstance(node, Value):
        return node
    if isinstance(node, Truth):
        return Value(node.column, "bool", node.error, nullable=False)
    if isinstance(node, Constant):
        held = node.value
        if type(held) is str:
            return Value(F.lit(held), "string", nullable=False)
        if type(held) is bool:
            return Value(F.lit(held), "bool", nullable=False)
        if type(held) is int and abs(held) <= LONG_MAX:
            return Value(F.lit(held).cast("bigint"), "int", bound=abs(held), nullable=False)
        if type(held) is float:
            return Value(F.lit(held), "float", nullable=False)
    raise UnsupportedError


def shown(node: Any) -> Column:
    """str() of a value."""
    if isinstance(node, Constant) and type(node.value) in (str, int, bool, type(None)):
        return F.lit(str(node.value))
    value = value_of(node)
    if value.family == "string":
        column = value.column
    elif value.family in ("int", "long"):
        column = value.column.cast("string")
    elif value.family == "bool":
        column = F.when(value.column.isNull(), F.lit(None)).when(value.column, "True").otherwise("False")
    else:
        raise UnsupportedError  # Python and the engines print floats differently
    return F.coalesce(column, F.lit("None")) if value.nullable else column


def computed(op: ast.operator, left_node: Any, right_node: Any) -> Value:
    left, right = value_of(left_node), value_of(right_node)
    error = any_of(needed(left), needed(right))
    if isinstance(op, ast.Add) and left.family == right.family == "string":
        return Value(F.concat(left.column, right.column), "string", error, nullable=False)
    families = {left.family, right.family}
    if families <= {"int", "long"}:
        return _integral(op, left, right, error)
    if families <= {"int", "float"} and max(left.bound if left.family == "int" else 0,
                                            right.bound if right.family == "int" else 0) <= EXACT:  # fmt: skip
        return _fractional(op, left, right, error)
    raise UnsupportedError


_SIZES: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a + b, ast.Mult: lambda a, b: a * b,
}  # fmt: skip


def _integral(op: ast.operator, left: Value, right: Value, error: Column | None) -> Value:
    a, b = left.column.cast("bigint"), right.column.cast("bigint")
    if isinstance(op, ast.Div):
        if max(left.bound, right.bound) > EXACT:
            raise UnsupportedError
        return _fractional(op, left, right, error)
    size = _SIZES.get(type(op))
    bound = LONG_MAX + 1 if size is None else size(left.bound, right.bound)
    if bound > LONG_MAX:
        raise UnsupportedError  # Python's integers have no end
    result = a + b if isinstance(op, ast.Add) else a - b if isinstance(op, ast.Sub) else a * b
    return Value(result, "int" if bound <= EXACT else "long", error, bound=bound, nullable=False)


def _fractional(op: ast.operator, left: Value, right: Value, error: Column | None) -> Value:
    a, b = left.column.cast("double"), right.column.cast("double")
    if isinstance(op, ast.Div):
        nothing = sure(b == F.lit(0.0))
        quotient = a / F.when(~nothing, b)
        return Value(quotient, "float", any_of(error, nothing), nullable=False)
    if not isinstance(op, ast.Add | ast.Sub | ast.Mult):
        raise UnsupportedError
    result = a + b if isinstance(op, ast.Add) else a - b if isinstance(op, ast.Sub) else a * b
    return Value(result, "float", error, nullable=False)


def chosen(test: Truth, yes: Any, no: Any) -> Any:
    """`yes if test else no`."""
    error = any_of(
        test.error,
        None if getattr(yes, "error", None) is None else test.column & yes.error,
        None if getattr(no, "error", None) is None else ~test.column & no.error,
    )
    nothing = [isinstance(node, Constant) and node.value is None for node in (yes, no)]
    if all(nothing):
        raise UnsupportedError
    known = [value_of(node) for node, is_none in zip((yes, no), nothing, strict=True) if not is_none]
    families = {value.family for value in known}
    if "other" in families or not (len(families) == 1 or families <= {"int", "long"}):
        raise UnsupportedError
    columns = iter([value.column.cast("bigint") if families <= {"int", "long"} else value.column for value in known])
    made = [None if is_none else next(columns) for is_none in nothing]
    column = F.when(test.column, made[0]).otherwise(made[1])
    family = next(iter(families)) if len(families) == 1 else "long"
    nullable = any(nothing) or any(value.nullable for value in known)
    return Value(column, family, error, bound=max(value.bound for value in known), nullable=nullable)

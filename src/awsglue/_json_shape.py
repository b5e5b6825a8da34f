"""What JSON values are, place by place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from itertools import chain
from typing import Any

from awsglue.gluetypes import (
    ArrayType,
    BooleanType,
    ChoiceType,
    DataType,
    DecimalType,
    DoubleType,
    Field,
    IntegerType,
    LongType,
    NullType,
    StringType,
    StructType,
)

INT_MIN, INT_MAX = -(2**31), 2**31 - 1
LONG_MIN, LONG_MAX = -(2**63), 2**63 - 1


class Unsure(Exception):
    """This way of looking does not say all there is to know."""


@dataclass(frozen=True)
class Shape:
    """The values of one place; nulls leave no trace.

    Integers are `int`, `long` or `huge` by size, from `low` to `high` or within.
    """

    kinds: frozenset[str] = frozenset()
    low: int = 0
    high: int = 0
    element: Shape | None = None
    fields: Mapping[str, Shape] = field(default_factory=dict)

    def __or__(self, other: Shape) -> Shape:
        """What was seen in either; fields in the order they were first met."""
        if not self.kinds:
            return other
        if not other.kinds or self == other:  # which may have its fields in another order
            return self
        whole = [each for each in (self, other) if each.kinds & _INTEGERS]
        return Shape(
            self.kinds | other.kinds,
            min((each.low for each in whole), default=0),
            max((each.high for each in whole), default=0),
            other.element if self.element is None else self.element | (other.element or NOTHING),
            {
                name: self.fields.get(name, NOTHING) | other.fields.get(name, NOTHING)
                for name in dict.fromkeys(chain(self.fields, other.fields))
            },
        )

    def glue_type(self) -> DataType:
        """The Glue type that is true for every value: a choice where they are of several."""
        found = [self._type_of(kind) for kind in self.kinds]
        if len(found) > 1:
            return ChoiceType(sorted(found, key=lambda t: t.typeName()))
        return found[0] if found else NullType()

    def glue_struct(self) -> StructType:
        """The Glue type of records."""
        return StructType([Field(name, held.glue_type()) for name, held in self.fields.items()])

    def _type_of(self, kind: str) -> DataType:
        if kind == "array":
            return ArrayType((self.element or NOTHING).glue_type())
        return self.glue_struct() if kind == "struct" else _ATOMS[kind]()


_INTEGERS = frozenset(("int", "long", "huge"))
_ATOMS: dict[str, Callable[[], DataType]] = {
    "boolean": BooleanType,
    "string": StringType,
    "double": DoubleType,
    "int": IntegerType,
    "long": LongType,
    "huge": lambda: DecimalType(38, 0),
}
NOTHING = Shape()


# -- of Python values


def type_of(values: list[Any]) -> DataType:
    """The type that is true for every value of a field."""
    return shape_of(values).glue_type()


def shape_of(values: list[Any]) -> Shape:
    """The shape of values as a JSON decoder makes them."""
    kinds = set(map(type, values))
    kinds.discard(type(None))
    return reduce(
        Shape.__or__, (_of_kind(kind, values if len(kinds) == 1 else _only(values, kind)) for kind in kinds), NOTHING
    )


def _only(values: list[Any], kind: type) -> list[Any]:
    return [value for value in values if type(value) is kind]


def _of_kind(kind: type, values: list[Any]) -> Shape:
    if kind in SCALARS:
        return SCALARS[kind]
    values = [value for value in values if value is not None]
    if kind is int:
        return integers(min(values), max(values), lambda: map(_size, values))
    if kind is list:
        return Shape(frozenset(("array",)), element=shape_of(list(chain.from_iterable(values))))
    return records_shape(values)


SCALARS = {
    str: Shape(frozenset(("string",))),
    bool: Shape(frozenset(("boolean",))),
    float: Shape(frozenset(("double",))),
}


def records_shape(records: list[dict[str, Any]]) -> Shape:
    """The shape of records, field by field, in the order fields are first met."""
    names = dict.fromkeys(chain.from_iterable(records))
    return Shape(frozenset(("struct",)), fields={n: shape_of([r[n] for r in records if n in r]) for n in names})


def _size(value: int) -> str:
    if INT_MIN <= value <= INT_MAX:
        return "int"
    if LONG_MIN <= value <= LONG_MAX:
        return "long"
    return "huge" if abs(value) < 10**38 else "double"  # as Spark types what no decimal holds


def integers(low: int, high: int, sizes: Callable[[], Iterable[str]]) -> Shape:
    same = (_size(low) == _size(high) and (low < 0) == (high < 0)) or _size(low) == _size(high) == "int"
    return Shape(frozenset((_size(low),) if same else sizes()), low, high)

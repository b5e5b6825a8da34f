"""What type the values a user's function returned have: their field's own where they still fit it, else by the data."""

from __future__ import annotations

import datetime
import decimal
import math
import struct
from collections.abc import Callable
from itertools import chain
from typing import Any

from awsglue._arrow import INT_MAX, INT_MIN, LONG_MAX, LONG_MIN, field_names, python_type
from awsglue.gluetypes import (
    ArrayType,
    BinaryType,
    BooleanType,
    ByteType,
    ChoiceType,
    DataType,
    DateType,
    DecimalType,
    DoubleType,
    EnumType,
    Field,
    FloatType,
    IntegerType,
    LongType,
    MapType,
    NullType,
    ShortType,
    StringType,
    StructType,
    TimestampNTZType,
    TimestampType,
    mergeDataTypes,
)

_RANGES: dict[type[DataType], tuple[int, int]] = {
    ByteType: (-(2**7), 2**7 - 1), ShortType: (-(2**15), 2**15 - 1), IntegerType: (INT_MIN, INT_MAX),
    LongType: (LONG_MIN, LONG_MAX),
}  # fmt: skip
_KINDS: dict[type[DataType], type] = {
    BooleanType: bool, StringType: str, BinaryType: bytes, DateType: datetime.date, DoubleType: float, FloatType: float,
    DecimalType: decimal.Decimal, TimestampType: datetime.datetime, TimestampNTZType: datetime.datetime,
    ByteType: int, ShortType: int, IntegerType: int, LongType: int, EnumType: str,
}  # fmt: skip


def typed_struct(records: list[dict[str, Any]], declared: StructType | None) -> StructType:
    """The type of records; `declared` is the type of what the function was given."""
    fields = []
    for name in field_names(records):
        known = declared.getField(name).dataType if declared and declared.hasField(name) else None
        fields.append(Field(name, typed([r[name] for r in records if name in r], known)))
    return StructType(fields)


def typed(values: list[Any], declared: DataType | None) -> DataType:
    """The type that holds every value: `declared` where it does, with another beside it for what it does not hold."""
    if declared is None or isinstance(declared, NullType):
        return python_type(values)
    kinds = set(map(type, values)) - {type(None)}
    if isinstance(declared, StructType) and kinds and all(issubclass(kind, dict) for kind in kinds):
        return typed_struct([v for v in values if v is not None], declared) if any(values) else NullType()
    if isinstance(declared, ArrayType) and kinds and kinds <= {list, tuple}:
        items = chain.from_iterable(value for value in values if value is not None)
        return ArrayType(typed(list(items), declared.elementType))
    fits = _fits(declared)
    if _all_fit(values, kinds, declared):
        return declared
    others = [value for value in values if not fits(value)]
    if not others:
        return declared
    held = any(value is not None and fits(value) for value in values)
    return mergeDataTypes(declared, python_type(others)) if held else python_type(others)


def _all_fit(values: list[Any], kinds: set[type], declared: DataType) -> bool:
    """The common cases, without a look at each value by itself."""
    wanted = _KINDS.get(type(declared))
    if not kinds:
        return True
    if kinds != {wanted}:
        return False
    if type(declared) in _RANGES:
        low, high = _RANGES[type(declared)]
        present = [value for value in values if value is not None]
        return bool(low <= min(present) and max(present) <= high)
    return isinstance(declared, BooleanType | StringType | BinaryType | DateType | DoubleType)


def _fits(declared: DataType) -> Callable[[Any], bool]:
    """Whether a value is one of a type, nothing lost."""
    kind = _KINDS.get(type(declared))
    if isinstance(declared, ChoiceType):
        parts = [_fits(part) for part in declared.choices.values()]
        return lambda value: any(part(value) for part in parts)
    if isinstance(declared, MapType):
        inner = _fits(declared.valueType)
        return lambda value: (
            value is None or (isinstance(value, dict) and all(type(k) is str and inner(v) for k, v in value.items()))
        )
    if isinstance(declared, StructType):
        members = {f.name: _fits(f.dataType) for f in declared}
        return lambda value: (
            value is None or (isinstance(value, dict) and all(k in members and members[k](v) for k, v in value.items()))
        )
    if isinstance(declared, ArrayType):
        element = _fits(declared.elementType)
        return lambda value: value is None or (type(value) in (list, tuple) and all(element(v) for v in value))
    if type(declared) in _RANGES:
        low, high = _RANGES[type(declared)]
        return lambda value: value is None or (type(value) is int and low <= value <= high)
    if isinstance(declared, FloatType):
        return lambda value: value is None or (type(value) is float and _is_single(value))
    if isinstance(declared, DecimalType):
        return lambda value: value is None or (type(value) is decimal.Decimal and _has_room(value, declared))
    if isinstance(declared, TimestampType | TimestampNTZType):
        zoned = isinstance(declared, TimestampType)  # without a zone it is in UTC, as records have it
        return lambda value: value is None or (type(value) is datetime.datetime and (zoned or value.tzinfo is None))
    return lambda value: value is None or type(value) is kind


def _is_single(value: float) -> bool:
    try:
        return math.isnan(value) or struct.unpack("f", struct.pack("f", value))[0] == value
    except OverflowError:
        return False


def _has_room(value: decimal.Decimal, declared: DecimalType) -> bool:
    if not value.is_finite():
        return False
    scale = max(0, -int(value.as_tuple().exponent))
    return scale <= declared.scale and value.adjusted() < declared.precision - declared.scale

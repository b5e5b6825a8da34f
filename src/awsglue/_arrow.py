"""Python records to Arrow by a Glue schema, and back. Nulls are masked all the way down: engines read children too."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Iterable
from itertools import chain
from typing import Any

import pyarrow as pa

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
    Field,
    FloatType,
    IntegerType,
    LongType,
    MapType,
    NullType,
    SetType,
    ShortType,
    StructType,
    TimestampNTZType,
    TimestampType,
)

INT_MIN, INT_MAX = -(2**31), 2**31 - 1
LONG_MIN, LONG_MAX = -(2**63), 2**63 - 1

_ATOMS: dict[type[DataType], pa.DataType] = {
    BinaryType: pa.binary(),
    BooleanType: pa.bool_(),
    ByteType: pa.int8(),
    DateType: pa.date32(),
    DoubleType: pa.float64(),
    FloatType: pa.float32(),
    IntegerType: pa.int32(),
    LongType: pa.int64(),
    ShortType: pa.int16(),
    TimestampType: pa.timestamp("us", tz="UTC"),
    TimestampNTZType: pa.timestamp("us"),
}


def arrow_type(data_type: DataType) -> pa.DataType:
    """The Arrow type that holds a Glue type."""
    if isinstance(data_type, StructType):
        return pa.struct([pa.field(f.name, arrow_type(f.dataType)) for f in data_type])
    if isinstance(data_type, ChoiceType):
        return pa.struct([pa.field(name, arrow_type(part)) for name, part in data_type.choices.items()])
    if isinstance(data_type, ArrayType | SetType):
        return pa.list_(arrow_type(data_type.elementType))
    if isinstance(data_type, MapType):
        return pa.map_(pa.string(), arrow_type(data_type.valueType))
    if isinstance(data_type, DecimalType):
        return pa.decimal128(data_type.precision, data_type.scale)
    return _ATOMS.get(type(data_type), pa.string())


def arrow_schema(schema: StructType) -> pa.Schema:
    """A Glue struct as an Arrow schema."""
    return pa.schema([pa.field(f.name, arrow_type(f.dataType)) for f in schema])


def batch_of(records: list[dict[str, Any]], schema: StructType) -> pa.RecordBatch:
    """Records as one batch; a field a record lacks is null."""
    columns = [array_of([record.get(f.name) for record in records], f.dataType) for f in schema]
    return pa.RecordBatch.from_arrays(columns, schema=arrow_schema(schema))


def array_of(values: list[Any], data_type: DataType) -> Any:
    """Python values as an Arrow array of a Glue type."""
    if isinstance(data_type, StructType):
        children = [array_of([None if v is None else v.get(f.name) for v in values], f.dataType) for f in data_type]
        return _struct(values, [f.name for f in data_type], children)
    if isinstance(data_type, ChoiceType):
        chosen = [None if v is None else branch_of(v, data_type) for v in values]
        children = [
            array_of([v if name == c else None for v, c in zip(values, chosen, strict=True)], part)
            for name, part in data_type.choices.items()
        ]
        return _struct(values, list(data_type.choices), children)
    if isinstance(data_type, ArrayType | SetType):
        return _list(values, data_type.elementType)
    if isinstance(data_type, MapType):
        items = [None if v is None else list(v.items()) for v in values]
        return pa.array(items, arrow_type(data_type))
    if isinstance(data_type, NullType):
        return pa.nulls(len(values), pa.string())
    if isinstance(data_type, DoubleType) and any(type(v) is int and abs(v) > 2**53 for v in values):
        values = [None if v is None else float(v) for v in values]  # Arrow would insist on an exact double
    return pa.array(values, arrow_type(data_type))


def _struct(values: list[Any], names: list[str], children: list[Any]) -> Any:
    mask = pa.array([v is None for v in values], pa.bool_())
    fields = [pa.field(name, child.type) for name, child in zip(names, children, strict=True)]
    return pa.StructArray.from_arrays(children, fields=fields, mask=mask)


def _list(values: list[Any], element: DataType) -> Any:
    items = array_of(list(chain.from_iterable(v for v in values if v is not None)), element)
    offsets, position = [], 0
    for value in values:
        offsets.append(None if value is None else position)
        position += 0 if value is None else len(value)
    return pa.ListArray.from_arrays(pa.array([*offsets, position], pa.int32()), items)


def branch_of(value: Any, choice: ChoiceType) -> str:
    """The branch of a choice that a Python value belongs to. Raises ValueError when none fits."""
    for name in _branches(value):
        if name in choice.choices:
            return name
    raise ValueError(f"{value!r} fits none of the types {list(choice.choices)}")


def _branches(value: Any) -> Iterable[str]:
    if isinstance(value, bool):
        return ("boolean",)
    if isinstance(value, int):
        if INT_MIN <= value <= INT_MAX:
            return ("int", "long", "short", "byte", "decimal", "double", "float")
        if LONG_MIN <= value <= LONG_MAX:
            return ("long", "decimal", "double")
        return ("decimal", "double") if abs(value) < 10**38 else ("double",)
    for kind, names in _KINDS:
        if isinstance(value, kind):
            return names
    return ()


_KINDS: list[tuple[type, tuple[str, ...]]] = [
    (float, ("double", "float")),
    (str, ("string", "enum")),
    (dict, ("struct", "map")),
    (list, ("array", "set")),
    (tuple, ("array", "set")),
    (bytes, ("binary",)),
    (bytearray, ("binary",)),
    (decimal.Decimal, ("decimal", "double")),
    (datetime.datetime, ("timestamp", "timestampntz")),
    (datetime.date, ("date",)),
]


def python_type(values: list[Any]) -> DataType:
    """The Glue type that is true for every Python value a user's function returned."""
    from awsglue._json_shape import type_of

    kinds = set(map(type, values)) - {type(None)}
    if kinds <= {str, bool, int, float, list, dict}:
        return _inner(type_of, values, kinds)
    found = [_python_types(kind, [v for v in values if type(v) is kind]) for kind in kinds]
    return found[0] if len(found) == 1 else ChoiceType(sorted(found, key=lambda t: t.typeName()))


def _inner(infer: Any, values: list[Any], kinds: set[type]) -> DataType:
    """Containers are looked into here, so that dates and decimals inside them are seen too."""
    if not kinds & {list, dict}:
        result: DataType = infer(values)
        return result
    parts: list[DataType] = []  # an empty dict is of no type: Parquet holds no struct without fields
    for kind in kinds:
        members: list[Any] = [v for v in values if type(v) is kind]
        if kind is dict:
            parts.append(struct_type(members) if any(members) else NullType())
        elif kind is list:
            parts.append(ArrayType(python_type(list(chain.from_iterable(members)))))
        else:
            parts.append(infer(members))
    known = [part for part in parts if not isinstance(part, NullType)]
    if len(known) > 1:
        return ChoiceType(sorted(known, key=lambda t: t.typeName()))
    return known[0] if known else NullType()


def _python_types(kind: Any, values: list[Any]) -> DataType:
    if issubclass(kind, dict):
        return struct_type(values) if any(values) else NullType()
    if issubclass(kind, list | tuple | set):
        return ArrayType(python_type(list(chain.from_iterable(values))))
    if issubclass(kind, decimal.Decimal):
        return _decimal_type(values)
    if issubclass(kind, datetime.datetime):
        return TimestampType()
    if issubclass(kind, datetime.date):
        return DateType()
    if issubclass(kind, bytes | bytearray):
        return BinaryType()
    if issubclass(kind, bool | int | float | str):
        from awsglue._json_shape import type_of

        base = next(b for b in (bool, int, float, str) if issubclass(kind, b))
        return type_of([base(v) for v in values])
    raise TypeError(
        f"a record may not hold a {kind.__name__}; Glue knows numbers, texts, dates, bytes, lists and dicts"
    )


def _decimal_type(values: list[decimal.Decimal]) -> DataType:
    strange = next((v for v in values if not v.is_finite()), None)
    if strange is not None:
        raise ValueError(f"no decimal type holds {strange}")
    scale = max(max(0, -int(v.as_tuple().exponent)) for v in values)
    whole = max(max(0, v.adjusted() + 1) for v in values)
    return DecimalType(min(38, max(1, whole + scale)), scale)


def struct_type(records: list[dict[str, Any]]) -> StructType:
    """The type of records a user's function returned."""
    return StructType([Field(n, python_type([r[n] for r in records if n in r])) for n in field_names(records)])


def field_names(records: list[dict[str, Any]]) -> list[str]:
    """The names of all records' fields, in the order they are first met. Raises TypeError for one that is no text."""
    names = list(dict.fromkeys(chain.from_iterable(records)))
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"a field's name must be a text, not {name!r}")
    return names


def native(value: Any) -> Any:
    """A value with what numpy made of it taken back, and null for a dict without fields."""
    if isinstance(value, dict):
        return {name: native(inner) for name, inner in value.items()} or None
    if isinstance(value, list | tuple):
        return [native(item) for item in value]
    return value.tolist() if type(value).__module__ == "numpy" else value

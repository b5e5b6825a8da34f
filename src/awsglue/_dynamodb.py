"""DynamoDB JSON as plain fields: {"price": {"N": "5"}} is price, a text. AWS page: DynamicFrame Class.

A column that is a map of attributes, such as an export's `Item` or a stream's `NewImage`, gives way to its attributes.
What is not in the DynamoDB JSON structure stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pyspark.sql import Column

from awsglue._choice import Columns, columns_of, selected
from awsglue._columns import Typed, null_of, rebuilt, transformed
from awsglue.gluetypes import (
    ArrayType,
    BinaryType,
    BooleanType,
    DataType,
    NullType,
    StringType,
    StructType,
)

_TEXT, _FLAG, _LIST = (StringType, BinaryType, NullType), (BooleanType, NullType), (ArrayType, NullType)
_HELD: dict[str, tuple[type[DataType], ...]] = {
    "S": _TEXT, "N": _TEXT, "B": _TEXT, "BOOL": _FLAG, "NULL": _FLAG, "M": (StructType, NullType), "L": _LIST,
    "SS": _LIST, "NS": _LIST, "BS": _LIST,
}  # fmt: skip


def simplified(schema: StructType) -> tuple[list[Column], StructType]:
    """Every attribute as its value; maps stay structs."""
    return selected(_hoisted(schema))


def unnested(schema: StructType) -> tuple[list[Column], StructType]:
    """Every attribute as its value, those of maps as top-level columns named by their path."""
    columns: Columns = {}
    for name, typed in _hoisted(schema).items():
        nested = not _is_plain(schema, name)
        columns |= dict(_leaves(name, *typed)) if nested else {name: typed}
    return selected(columns)


def _hoisted(schema: StructType) -> Columns:
    columns: Columns = {}
    for name, (value, data_type) in columns_of(schema).items():
        members = _members(value, data_type) if _is_attributes(data_type) else {name: _value(value, data_type)}
        for each, typed in members.items():
            if each in columns:
                raise ValueError(f"two columns have an attribute {each!r}; select one of them first")
            columns[each] = typed
    return columns


def _is_plain(schema: StructType, name: str) -> bool:
    """Whether a column is as it was: no attribute, nor one of a map of attributes."""
    return schema.hasField(name) and not _is_attribute(schema.getField(name).dataType)


def _is_attribute(data_type: DataType) -> bool:
    """{"S": ...}, {"M": {...}} and the like: an attribute's value under the name of its type."""
    fields = data_type.fields if isinstance(data_type, StructType) else []
    return bool(fields) and all(isinstance(f.dataType, _HELD.get(f.name, ())) for f in fields)


def _is_attributes(data_type: DataType) -> bool:
    fields = data_type.fields if isinstance(data_type, StructType) else []
    return bool(fields) and not _is_attribute(data_type) and all(_is_attribute(f.dataType) for f in fields)


def _members(value: Column, data_type: DataType) -> Columns:
    assert isinstance(data_type, StructType)
    return {f.name: _value(value.getField(f.name), f.dataType) for f in data_type}


def _value(value: Column, data_type: DataType) -> Typed:
    """An attribute as its value. One that is of several types in the data stays as it is; NULL is but a null."""
    if not isinstance(data_type, StructType) or not _is_attribute(data_type):
        return value, data_type
    tags = [f for f in data_type if f.name != "NULL"]
    if not tags:
        return null_of(NullType()), NullType()
    if len(tags) > 1:
        return value, data_type
    inner = value.getField(tags[0].name)
    return _TAGS.get(tags[0].name, _same)(inner, tags[0].dataType)


def _same(value: Column, data_type: DataType) -> Typed:
    return value, data_type


def _map(value: Column, data_type: DataType) -> Typed:
    if not isinstance(data_type, StructType) or not data_type.fields:
        return null_of(NullType()), NullType()
    members = _members(value, data_type)
    return rebuilt(value, members, members.values())


def _list(value: Column, data_type: DataType) -> Typed:
    """Elements that are all of one type, and no maps, as their values."""
    element = data_type.elementType if isinstance(data_type, ArrayType) else None
    if not isinstance(element, StructType) or not _is_attribute(element):
        return value, data_type
    tags = [f.name for f in element if f.name != "NULL"]
    if len(tags) != 1 or tags == ["M"]:
        return value, data_type
    array = transformed(value, lambda item: _value(item, element))
    assert array is not None
    return array


_TAGS: dict[str, Callable[[Column, DataType], Typed]] = {"M": _map, "L": _list}


def _leaves(name: str, value: Column, data_type: DataType) -> Iterator[tuple[str, Typed]]:
    if not isinstance(data_type, StructType) or _is_attribute(data_type):
        yield name, (value, data_type)
        return
    for f in data_type:
        yield from _leaves(f"{name}.{f.name}", value.getField(f.name), f.dataType)

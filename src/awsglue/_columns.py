"""Column expressions for Glue types: casts, choices, and edits deep inside structs and arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as spark_types

from awsglue._paths import ELEMENT, quote
from awsglue._schema import UnverifiedType, has_odd_keys, to_spark
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
    SetType,
    ShortType,
    StringType,
    StructType,
    TimestampNTZType,
    TimestampType,
    UnknownType,
)

Typed = tuple[Column, DataType]
Edit = Callable[[Column, DataType], Typed | None]
NUMBERS = (ByteType, ShortType, IntegerType, LongType, FloatType, DoubleType, DecimalType)
_TIMES = (DateType, TimestampType, TimestampNTZType)
# Atoms that have conversions of some value to one another; a text has one to and from each.
_CONVERTIBLE: tuple[tuple[type[DataType], ...], ...] = ((*NUMBERS, BooleanType), (*NUMBERS, TimestampType), _TIMES)


def column(name: str) -> Column:
    """A top-level column by its exact name."""
    return F.col(quote(name))


def at(steps: Iterable[str]) -> Column:
    """The value at a path of struct fields."""
    first, *rest = steps
    value = column(first)
    for step in rest:
        value = value.getField(step)
    return value


def struct_of(fields: Iterable[tuple[str, Column]]) -> Column:
    """A struct of named columns."""
    return F.struct(*[value.alias(name) for name, value in fields])


def null_of(data_type: DataType) -> Column:
    """A typed null."""
    return F.lit(None).cast(to_spark(data_type))


def with_text_keys(frame: DataFrame, given: spark_types.StructType, schema: StructType) -> DataFrame:
    """A frame whose type is `given` with its maps as Glue has them: their keys are texts, as in `schema`."""
    odd = {f.name for f in given.fields if has_odd_keys(f.dataType)}
    if not odd:
        return frame
    texts = {f.name: column(f.name).cast(to_spark(f.dataType)).alias(f.name) for f in schema if f.name in odd}
    return frame.select(*[texts.get(f.name, column(f.name)) for f in schema])


def cast(value: Column, source: DataType, target: DataType) -> Typed:
    """`value` as `target`; what cannot be converted becomes null, as in Glue's ApplyMapping and `cast:`."""
    if isinstance(source, UnverifiedType):
        return cast(value, StringType(), target)
    if isinstance(target, ChoiceType):
        return value, source  # Studio's mappings write `choice` for what may stay one
    if isinstance(source, ChoiceType):
        return _cast_choice(value, source, target)
    if source == target or _is_bare(target, source):
        return value, source
    if isinstance(source, StructType) and isinstance(target, StructType):
        return _cast_struct(value, source, target)
    if isinstance(source, ArrayType) and isinstance(target, ArrayType):
        element = target.elementType
        return F.transform(value, lambda item: cast(item, source.elementType, element)[0]), target
    if isinstance(source, MapType) and isinstance(target, MapType):
        held, wanted = source.valueType, target.valueType
        return F.transform_values(value, lambda _, item: cast(item, held, wanted)[0]), target
    if _is_nested(source) and isinstance(target, StringType):
        return F.to_json(value), target
    if _is_nested(source) or _is_nested(target) or not _is_convertible(source, target):
        return null_of(target), target
    return value.try_cast(to_spark(target)), target


def _cast_choice(value: Column, source: ChoiceType, target: DataType) -> Typed:
    if _is_nested(target):
        # A choice has at most one branch of a kind, and no other can be cast to it.
        part = source.choices.get(target.typeName())
        return (null_of(target), target) if part is None else cast(value.getField(target.typeName()), part, target)
    branches = [cast(value.getField(name), part, target) for name, part in source.choices.items()]
    return F.coalesce(*[branch for branch, _ in branches]), target


def _cast_struct(value: Column, source: StructType, target: StructType) -> Typed:
    members = []
    for field in target:
        if source.hasField(field):
            members.append(cast(value.getField(field.name), source.getField(field).dataType, field.dataType))
        else:
            members.append((null_of(field.dataType), field.dataType))
    return rebuilt(value, [field.name for field in target], members)


def rebuilt(value: Column, names: Iterable[str], members: Iterable[Typed]) -> Typed:
    """A new struct in the place of `value`, null where that was null."""
    pairs = list(zip(names, members, strict=True))
    new = F.when(value.isNotNull(), struct_of((name, member) for name, (member, _) in pairs))
    return new, StructType([Field(name, data_type) for name, (_, data_type) in pairs])


def _is_nested(data_type: DataType) -> bool:
    return isinstance(data_type, StructType | ArrayType | SetType | MapType)


def _is_convertible(source: DataType, target: DataType) -> bool:
    """Whether engines know the cast at all; they refuse a plan with any other, whatever the values."""
    known = (*NUMBERS, *_TIMES, BooleanType, BinaryType)
    if not isinstance(source, known) or not isinstance(target, known):
        return True
    return any(isinstance(source, group) and isinstance(target, group) for group in _CONVERTIBLE)


def _is_bare(target: DataType, source: DataType) -> bool:
    """`struct`, `array` or `map` without parts, as Studio's mappings write them: keep the parts there are."""
    if target.typeName() != source.typeName():
        return False
    if isinstance(target, StructType):
        return not target.fields
    if isinstance(target, ArrayType | SetType):
        return isinstance(target.elementType, UnknownType)
    return isinstance(target, MapType) and isinstance(target.valueType, UnknownType)


def split_text(text: Column, declared: DataType) -> Column:
    """Unverified text as a choice struct: the declared type where it parses, the text where it does not."""
    parsed = text.try_cast(to_spark(declared))
    stray = F.when(parsed.isNull() & (text != ""), text)
    return struct_of([(declared.typeName(), parsed), ("string", stray)])


def verified(value: Column, source: DataType, evidence: tuple[bool, bool]) -> Typed:
    """Settle an unverified column by what the data has: (text that parses, text that does not)."""
    if not isinstance(source, UnverifiedType):
        return value, source
    parses, strays = evidence
    if not strays:
        return value.try_cast(to_spark(source.declared)), source.declared
    if not parses:
        return value, StringType()
    return F.when(value.isNotNull() & (value != ""), split_text(value, source.declared)), ChoiceType(
        [source.declared, StringType()]
    )


def edit(value: Column, data_type: DataType, steps: tuple[str, ...], change: Edit) -> Typed | None:
    """`value` with `change` applied at `steps` inside it; None when nothing is left of it."""
    if not steps:
        return change(value, data_type)
    head, *rest = steps
    if head == ELEMENT and isinstance(data_type, ArrayType):
        return _edit_elements(value, data_type, tuple(rest), change)
    if not isinstance(data_type, StructType):
        return value, data_type
    names, members = [], []
    for field in data_type:
        inner = value.getField(field.name)
        member = edit(inner, field.dataType, tuple(rest), change) if field.name == head else (inner, field.dataType)
        if member is not None:
            names.append(field.name)
            members.append(member)
    return rebuilt(value, names, members) if members else None


def transformed(value: Column, convert: Callable[[Column], Typed | None]) -> Typed | None:
    """Every element of an array converted; None when nothing is left of an element.

    `convert` runs once, while the lambda is built: asking it for the type first would double the work at every level.
    """
    made: list[Typed] = []

    def each(item: Column) -> Column:
        converted = convert(item)
        if converted is None:
            return item
        made.append(converted)
        return converted[0]

    array = F.transform(value, each)
    return (array, ArrayType(made[0][1])) if made else None


def _edit_elements(value: Column, array: ArrayType, steps: tuple[str, ...], change: Edit) -> Typed | None:
    return transformed(value, lambda item: edit(item, array.elementType, steps, change))

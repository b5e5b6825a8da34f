"""The fields of the record a Map function makes: their columns, and their types as the data has them."""

from __future__ import annotations

from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F

from awsglue._columns import at, null_of, struct_of
from awsglue._lambda import (
    Constant,
    Record,
    UnsupportedError,
    Value,
    any_of,
    sure,
)
from awsglue._record_values import Items, Made, value_of
from awsglue.gluetypes import (
    ArrayType,
    BinaryType,
    BooleanType,
    ByteType,
    ChoiceType,
    DataType,
    DateType,
    DoubleType,
    Field,
    IntegerType,
    LongType,
    MapType,
    NullType,
    ShortType,
    StringType,
    StructType,
    TimestampType,
)

INT_MIN, INT_MAX = -(2**31), 2**31 - 1
_SAME = (BinaryType, BooleanType, DateType, StringType, TimestampType)
_FAMILIES: dict[str, DataType] = {"string": StringType(), "float": DoubleType(), "bool": BooleanType()}


class RecordField:
    """One field of the made record: what must be asked of the data, and its column when that is answered."""

    def __init__(self, schema: StructType, name: str, node: Any) -> None:
        declared = schema.getField(name).dataType if schema.hasField(name) else None
        declared = None if isinstance(declared, NullType) and getattr(node, "steps", None) != (name,) else declared
        self.checks: list[Column] = []
        self.settled = self._of(node, declared, (name,), schema)

    def _of(self, node: Any, declared: DataType | None, steps: tuple[str, ...], schema: StructType) -> Any:
        if isinstance(node, Made | Items) and isinstance(declared, ArrayType | ChoiceType | MapType):
            raise UnsupportedError  # some results may still fit the old type
        if isinstance(node, Made):
            return self._struct(node, declared, steps, schema)
        if isinstance(node, Items):
            return self._list(node)
        if isinstance(node, Record):
            if node.steps != steps:
                raise UnsupportedError
            return lambda answers: (at(steps), node.struct)
        if isinstance(node, Constant) and node.value is None:
            if declared is None:
                return lambda answers: (null_of(NullType()), NullType())
            return lambda answers: (null_of(declared), declared)
        if isinstance(node, Value) and node.steps == steps:
            return lambda answers: (at(steps), declared)
        return self._typed(value_of(node), declared, node, schema)

    def _struct(self, node: Made, declared: DataType | None, steps: tuple[str, ...], schema: StructType) -> Any:
        if not node.fields or len({name.lower() for name in node.fields}) != len(node.fields):
            raise UnsupportedError
        members = {}
        for name, inner in node.fields.items():
            known = (
                declared.getField(name).dataType
                if isinstance(declared, StructType) and declared.hasField(name)
                else None
            )
            members[name] = self._of(inner, known, (*steps, name), schema)

        def settle(answers: Any) -> tuple[Column, DataType]:
            made = {name: member(answers) for name, member in members.items()}
            column = struct_of((name, value) for name, (value, _) in made.items())
            return column, StructType([Field(name, data_type) for name, (_, data_type) in made.items()])

        return settle

    def _list(self, node: Items) -> Any:
        values = [value_of(member) for member in node.members]
        if {value.family for value in values} != {"string"}:
            raise UnsupportedError
        column = F.array(*[value.column for value in values])
        if not all(value.nullable for value in values):
            return lambda answers: (column, ArrayType(StringType()))
        present = any_of(*[value.column.isNotNull() for value in values])
        assert present is not None
        self.checks.append(present)
        return lambda answers: (column, ArrayType(StringType() if next(answers) else NullType()))

    def _typed(self, value: Value, declared: DataType | None, node: Any, schema: StructType) -> Any:
        if value.family in ("int", "long"):
            return self._number(value, declared)
        if value.steps:
            found = _field_type(schema, value.steps)
            if not isinstance(found, _SAME) and value.family != "float":
                raise UnsupportedError
            data_type = DoubleType() if value.family == "float" else found
        else:
            if value.family not in _FAMILIES:
                raise UnsupportedError
            data_type = _FAMILIES[value.family]
        if declared is not None and declared != data_type and (value.nullable or not _unlike(declared, data_type)):
            raise UnsupportedError
        if not value.nullable or declared == data_type:
            return lambda answers: (value.column, data_type)
        self.checks.append(value.column.isNotNull())
        return lambda answers: (value.column, data_type) if next(answers) else (null_of(NullType()), NullType())

    def _number(self, value: Value, declared: DataType | None) -> Any:
        if isinstance(declared, LongType):
            return lambda answers: (value.column.cast("bigint"), declared)
        others = declared is not None and not isinstance(declared, IntegerType)
        if others and (value.nullable or isinstance(declared, ByteType | ShortType | ChoiceType)):
            raise UnsupportedError
        small = sure(value.column.between(INT_MIN, INT_MAX))
        if value.bound <= INT_MAX and (not value.nullable or isinstance(declared, IntegerType)):
            return lambda answers: (value.column.cast("int"), IntegerType())
        self.checks += [small, sure(~value.column.between(INT_MIN, INT_MAX))]

        def settle(answers: Any) -> tuple[Column, DataType]:
            has_small, has_large = next(answers), next(answers)
            if not has_large:
                known = has_small or isinstance(declared, IntegerType)
                return (value.column.try_cast("int"), IntegerType()) if known else (null_of(NullType()), NullType())
            if not has_small:
                return value.column.cast("bigint"), LongType()
            both = struct_of([("int", F.when(small, value.column).try_cast("int")),
                              ("long", F.when(~small, value.column).cast("bigint"))])  # fmt: skip
            return F.when(value.column.isNotNull(), both), ChoiceType([IntegerType(), LongType()])

        return settle


def _unlike(declared: DataType, data_type: DataType) -> bool:
    """Whether no value of the one is one of the other."""
    return isinstance(declared, (*_SAME, IntegerType, LongType, DoubleType)) and declared != data_type


def _field_type(schema: StructType, steps: tuple[str, ...]) -> DataType:
    current: DataType = schema
    for step in steps:
        assert isinstance(current, StructType)
        current = current.getField(step).dataType
    return current

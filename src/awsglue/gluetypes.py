"""Glue's data types: Spark's, plus `choice` for fields that hold more than one type.

AWS page: PySpark extension types.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

Properties = dict[str, Any]


class DataType:
    """Base of every Glue type. Two types are equal when their JSON forms are."""

    def __init__(self, properties: Properties | None = None) -> None:
        self.properties: Properties = properties or {}

    @classmethod
    def typeName(cls) -> str:
        """`LongType` is "long"."""
        return cls.__name__.removesuffix("Type").lower()

    def jsonValue(self) -> dict[str, Any]:
        """The documented JSON object: dataType, and properties when there are any."""
        return {"dataType": self.typeName()} | ({"properties": self.properties} if self.properties else {})

    @classmethod
    def fromJsonValue(cls, json_value: dict[str, Any]) -> DataType:
        """The inverse of `jsonValue`."""
        return cls(json_value.get("properties"))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DataType) and self.jsonValue() == other.jsonValue()

    def __hash__(self) -> int:
        return hash(json.dumps(self.jsonValue(), sort_keys=True, default=str))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.properties or ''})"


class AtomicType(DataType):
    """A type without parts."""


class BinaryType(AtomicType): ...


class BooleanType(AtomicType): ...


class ByteType(AtomicType): ...


class DateType(AtomicType): ...


class DoubleType(AtomicType): ...


class FloatType(AtomicType): ...


class IntegerType(AtomicType):
    @classmethod
    def typeName(cls) -> str:
        return "int"


class LongType(AtomicType): ...


class NullType(AtomicType):
    """A field that is null in every record."""


class ShortType(AtomicType): ...


class StringType(AtomicType): ...


class TimestampType(AtomicType): ...


class TimestampNTZType(AtomicType): ...


class UnknownType(AtomicType): ...


class DecimalType(AtomicType):
    """An exact number of `precision` digits, `scale` of them after the point."""

    def __init__(self, precision: int = 10, scale: int = 2, properties: Properties | None = None) -> None:
        super().__init__(properties)
        self.precision = precision
        self.scale = scale

    def jsonValue(self) -> dict[str, Any]:
        # Strings: that is how Glue serialises them.
        return super().jsonValue() | {"precision": str(self.precision), "scale": str(self.scale)}

    @classmethod
    def fromJsonValue(cls, json_value: dict[str, Any]) -> DecimalType:
        return cls(int(json_value["precision"]), int(json_value["scale"]), json_value.get("properties"))

    def __repr__(self) -> str:
        return f"DecimalType({self.precision}, {self.scale})"


class EnumType(AtomicType):
    """A string out of `options`."""

    def __init__(self, options: Iterable[str], properties: Properties | None = None) -> None:
        super().__init__(properties)
        self.options = set(options)

    def jsonValue(self) -> dict[str, Any]:
        return super().jsonValue() | {"options": sorted(self.options)}

    @classmethod
    def fromJsonValue(cls, json_value: dict[str, Any]) -> EnumType:
        return cls(json_value["options"], json_value.get("properties"))

    def __repr__(self) -> str:
        return f"EnumType({sorted(self.options)})"


class _ElementType(DataType):
    """A type with one kind of element."""

    def __init__(self, elementType: DataType | None = None, properties: Properties | None = None) -> None:
        super().__init__(properties)
        self.elementType: DataType = elementType or UnknownType()

    def jsonValue(self) -> dict[str, Any]:
        return super().jsonValue() | {"elementType": self.elementType.jsonValue()}

    @classmethod
    def fromJsonValue(cls, json_value: dict[str, Any]) -> DataType:
        return cls(from_json_value(json_value["elementType"]), json_value.get("properties"))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.elementType!r})"


class ArrayType(_ElementType): ...


class SetType(_ElementType): ...


class MapType(DataType):
    """A map from strings to `valueType`."""

    def __init__(self, valueType: DataType | None = None, properties: Properties | None = None) -> None:
        super().__init__(properties)
        self.valueType: DataType = valueType or UnknownType()

    def jsonValue(self) -> dict[str, Any]:
        return super().jsonValue() | {"valueType": self.valueType.jsonValue()}

    @classmethod
    def fromJsonValue(cls, json_value: dict[str, Any]) -> MapType:
        return cls(from_json_value(json_value["valueType"]), json_value.get("properties"))

    def __repr__(self) -> str:
        return f"MapType({self.valueType!r})"


class ChoiceType(DataType):
    """Values of several types: one record has an int where another has a string."""

    def __init__(self, choices: Iterable[DataType] = (), properties: Properties | None = None) -> None:
        super().__init__(properties)
        self.choices: dict[str, DataType] = {}
        self.merge(list(choices))

    def add(self, new_choice: DataType) -> None:
        """Add one type; a type of the same name is merged with it."""
        name = new_choice.typeName()
        known = self.choices.get(name)
        self.choices[name] = new_choice if known is None else mergeDataTypes(known, new_choice)
        # In one order always: a choice is a struct in the engine, and unions go by position.
        self.choices = dict(sorted(self.choices.items()))

    def merge(self, new_choices: DataType | list[DataType]) -> None:
        """Add several types, or the choices of another choice."""
        for choice in new_choices if isinstance(new_choices, list) else [new_choices]:
            for each in choice.choices.values() if isinstance(choice, ChoiceType) else [choice]:
                self.add(each)

    def jsonValue(self) -> dict[str, Any]:
        # Sorted, so that two choices are equal whatever order their types were met in.
        return super().jsonValue() | {"choices": [self.choices[name].jsonValue() for name in sorted(self.choices)]}

    @classmethod
    def fromJsonValue(cls, json_value: dict[str, Any]) -> ChoiceType:
        return cls([from_json_value(choice) for choice in json_value["choices"]], json_value.get("properties"))

    def __repr__(self) -> str:
        return f"ChoiceType({list(self.choices.values())})"


class Field:
    """A named member of a struct."""

    def __init__(self, name: str, dataType: DataType, properties: Properties | None = None) -> None:
        if not isinstance(name, str):
            raise ValueError(f"a field's name must be a string, not {name!r}")
        self.name = name
        self.dataType = dataType
        self.properties: Properties = properties or {}

    def jsonValue(self) -> dict[str, Any]:
        """{"name": ..., "container": the type's JSON, "properties": ...}."""
        value: dict[str, Any] = {"name": self.name, "container": self.dataType.jsonValue()}
        return value | ({"properties": self.properties} if self.properties else {})

    @classmethod
    def fromJsonValue(cls, json_value: dict[str, Any]) -> Field:
        """The inverse of `jsonValue`."""
        return cls(json_value["name"], from_json_value(json_value["container"]), json_value.get("properties"))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Field) and self.jsonValue() == other.jsonValue()

    def __hash__(self) -> int:
        return hash((self.name, self.dataType))

    def __repr__(self) -> str:
        return f"Field({self.name!r}, {self.dataType!r})"


class StructType(DataType):
    """Named fields in order."""

    def __init__(self, fields: Iterable[Field] = (), properties: Properties | None = None) -> None:
        super().__init__(properties)
        self.fields: list[Field] = list(fields)
        self.field_map: dict[str, Field] = {field.name: field for field in self.fields}

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)

    def add(self, field: Field) -> None:
        """Append a field."""
        self.fields.append(field)
        self.field_map[field.name] = field

    def hasField(self, field: str | Field) -> bool:
        """Whether a field of that name is here."""
        return _field_name(field) in self.field_map

    def getField(self, field: str | Field) -> Field:
        """The field of that name. Raises KeyError."""
        return self.field_map[_field_name(field)]

    def jsonValue(self) -> dict[str, Any]:
        return super().jsonValue() | {"fields": [field.jsonValue() for field in self.fields]}

    @classmethod
    def fromJsonValue(cls, json_value: dict[str, Any]) -> StructType:
        return cls([Field.fromJsonValue(field) for field in json_value["fields"]], json_value.get("properties"))

    def __repr__(self) -> str:
        return f"StructType({self.fields!r})"


class EntityType(DataType):
    """Named in AWS's public API and not implemented there either."""

    def __init__(self, entity: Any, base_type: Any, properties: Properties | None = None) -> None:
        raise NotImplementedError("EntityType is not implemented, in AWS Glue either")


class DynamicRecord(dict[str, Any]):
    """What a Filter or Map function gets: a dict whose fields are attributes too."""

    __slots__: ClassVar[tuple[str, ...]] = ()

    def __getattr__(self, name: str) -> Any:
        # KeyError, not AttributeError: either way of asking for a missing field makes an error record in Glue.
        return self[name]

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delattr__(self, name: str) -> None:
        del self[name]


_ATOMIC: tuple[type[DataType], ...] = (
    BinaryType, BooleanType, ByteType, DateType, DecimalType, DoubleType, EnumType, FloatType, IntegerType, LongType,
    NullType, ShortType, StringType, TimestampType, TimestampNTZType, UnknownType,
)  # fmt: skip
_COMPOUND: tuple[type[DataType], ...] = (ArrayType, SetType, MapType, ChoiceType, StructType)
_BY_NAME: dict[str, type[DataType]] = {cls.typeName(): cls for cls in [*_ATOMIC, *_COMPOUND]}


def from_json_value(json_value: dict[str, Any]) -> DataType:
    """A type from its JSON object. Raises ValueError for a name that is not a Glue type."""
    cls = _BY_NAME.get(json_value["dataType"].lower())
    if cls is None:
        raise ValueError(f"{json_value['dataType']!r} is not a Glue type; known are {sorted(_BY_NAME)}")
    return cls.fromJsonValue(json_value)


def mergeDataTypes(s1: DataType, s2: DataType) -> DataType:
    """The type that holds the values of both: structs field by field, unlike types as a choice."""
    if isinstance(s1, NullType | UnknownType):
        return s2
    if isinstance(s2, NullType | UnknownType) or s1 == s2:
        return s1
    if isinstance(s1, StructType) and isinstance(s2, StructType):
        return _merge_structs(s1, s2)
    if isinstance(s1, ArrayType) and isinstance(s2, ArrayType):
        return ArrayType(mergeDataTypes(s1.elementType, s2.elementType))
    if isinstance(s1, MapType) and isinstance(s2, MapType):
        return MapType(mergeDataTypes(s1.valueType, s2.valueType))
    if isinstance(s1, EnumType) and isinstance(s2, EnumType):
        return EnumType(s1.options | s2.options)
    if isinstance(s1, DecimalType) and isinstance(s2, DecimalType):
        scale = max(s1.scale, s2.scale)
        precision = max(s1.precision - s1.scale, s2.precision - s2.scale) + scale
        if precision > 38:
            raise ValueError(f"{s1} and {s2} together need {precision} digits, and a decimal has at most 38; cast one")
        return DecimalType(precision, scale)
    return ChoiceType([s1, s2])


def _merge_structs(left: StructType, right: StructType) -> StructType:
    merged = [
        Field(f.name, mergeDataTypes(f.dataType, right.getField(f).dataType)) if right.hasField(f) else f for f in left
    ]
    return StructType(merged + [field for field in right if not left.hasField(field)])


def _field_name(field: str | Field) -> str:
    return field.name if isinstance(field, Field) else field

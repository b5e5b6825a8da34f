"""Glue types to and from Spark's, the catalog's type strings, and the printed tree."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pyspark.sql import types as spark_types

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
    SetType,
    ShortType,
    StringType,
    StructType,
    TimestampNTZType,
    TimestampType,
    UnknownType,
)


class UnverifiedType(DataType):
    """Text of a catalog column not yet held against its declared type; physically a string.

    Whether such a column is a choice takes a pass over the data, so it is asked only when somebody needs the answer.
    """

    def __init__(self, declared: DataType) -> None:
        super().__init__()
        self.declared = declared

    def jsonValue(self) -> dict[str, object]:
        return {"dataType": "unverified", "declared": self.declared.jsonValue()}


_ATOMS: dict[type[DataType], spark_types.DataType] = {
    BinaryType: spark_types.BinaryType(),
    BooleanType: spark_types.BooleanType(),
    ByteType: spark_types.ByteType(),
    DateType: spark_types.DateType(),
    DoubleType: spark_types.DoubleType(),
    FloatType: spark_types.FloatType(),
    IntegerType: spark_types.IntegerType(),
    LongType: spark_types.LongType(),
    ShortType: spark_types.ShortType(),
    StringType: spark_types.StringType(),
    TimestampType: spark_types.TimestampType(),
    TimestampNTZType: spark_types.TimestampNTZType(),
    # Neither Parquet nor Sail holds Spark's void; a column of nulls is kept as text.
    NullType: spark_types.StringType(),
    UnknownType: spark_types.StringType(),
    EnumType: spark_types.StringType(),
    UnverifiedType: spark_types.StringType(),
}
_FROM_SPARK: dict[type[spark_types.DataType], type[DataType]] = {
    spark_types.BinaryType: BinaryType,
    spark_types.BooleanType: BooleanType,
    spark_types.ByteType: ByteType,
    spark_types.DateType: DateType,
    spark_types.DoubleType: DoubleType,
    spark_types.FloatType: FloatType,
    spark_types.IntegerType: IntegerType,
    spark_types.LongType: LongType,
    spark_types.NullType: NullType,
    spark_types.ShortType: ShortType,
    spark_types.StringType: StringType,
    spark_types.CharType: StringType,
    spark_types.VarcharType: StringType,
    spark_types.TimestampType: TimestampType,
    spark_types.TimestampNTZType: TimestampNTZType,
}


def to_spark(data_type: DataType) -> spark_types.DataType:
    """The Spark type that holds a Glue type; a choice is a struct with one field per type."""
    if isinstance(data_type, StructType):
        return spark_struct(data_type)
    if isinstance(data_type, ChoiceType):
        return spark_types.StructType(
            [spark_types.StructField(name, to_spark(choice)) for name, choice in data_type.choices.items()]
        )
    if isinstance(data_type, ArrayType | SetType):
        return spark_types.ArrayType(to_spark(data_type.elementType))
    if isinstance(data_type, MapType):
        return spark_types.MapType(spark_types.StringType(), to_spark(data_type.valueType))
    if isinstance(data_type, DecimalType):
        return spark_types.DecimalType(data_type.precision, data_type.scale)
    return _ATOMS[type(data_type)]


def spark_struct(struct: StructType) -> spark_types.StructType:
    """A Glue struct as a Spark schema."""
    return spark_types.StructType([spark_types.StructField(f.name, to_spark(f.dataType)) for f in struct])


def from_spark(data_type: spark_types.DataType) -> DataType:
    """The Glue type of a Spark type. Raises ValueError for the few Glue has no name for."""
    if isinstance(data_type, spark_types.StructType):
        return glue_struct(data_type)
    if isinstance(data_type, spark_types.ArrayType):
        return ArrayType(from_spark(data_type.elementType))
    if isinstance(data_type, spark_types.MapType):
        return MapType(from_spark(data_type.valueType))
    if isinstance(data_type, spark_types.DecimalType):
        return DecimalType(data_type.precision, data_type.scale)
    glue = _FROM_SPARK.get(type(data_type))
    if glue is None:
        raise ValueError(f"Glue has no type for Spark's {data_type.simpleString()}; cast the column first")
    return glue()


def glue_struct(schema: spark_types.StructType) -> StructType:
    """A Spark schema as a Glue struct."""
    return StructType([Field(f.name, from_spark(f.dataType)) for f in schema.fields])


def has_odd_keys(data_type: spark_types.DataType) -> bool:
    """Whether a map in it has keys that are not texts; Glue's have no other."""
    if isinstance(data_type, spark_types.StructType):
        return any(has_odd_keys(f.dataType) for f in data_type.fields)
    if isinstance(data_type, spark_types.ArrayType):
        return has_odd_keys(data_type.elementType)
    if isinstance(data_type, spark_types.MapType):
        return not isinstance(data_type.keyType, spark_types.StringType) or has_odd_keys(data_type.valueType)
    return False


def checked(schema: StructType) -> StructType:
    """The schema, when its fields can all be told apart."""
    check_names(schema)
    return schema


def check_names(data_type: DataType, where: str = "") -> None:
    """Raise ValueError for names that are the same but for their case: Spark cannot tell such columns apart."""
    if isinstance(data_type, StructType):
        seen: dict[str, str] = {}
        for f in data_type:
            if f.name.lower() in seen:
                raise ValueError(_taken(f"{where}{seen[f.name.lower()]}", f"{where}{f.name}"))
            seen[f.name.lower()] = f.name
            check_names(f.dataType, f"{where}{f.name}.")
    for inner in _inner_types(data_type):
        check_names(inner, where)


def _taken(first: str, second: str) -> str:
    if first == second:
        return f"there would be a field {first!r} twice; rename one of them first"
    return f"fields {first!r} and {second!r} differ in case only; rename one at its source"


def _inner_types(data_type: DataType) -> list[DataType]:
    if isinstance(data_type, ChoiceType):
        return list(data_type.choices.values())
    if isinstance(data_type, ArrayType | SetType):
        return [data_type.elementType]
    return [data_type.valueType] if isinstance(data_type, MapType) else []


_NAMES: dict[str, type[DataType]] = {
    "bigint": LongType, "long": LongType, "int": IntegerType, "integer": IntegerType, "smallint": ShortType,
    "short": ShortType, "tinyint": ByteType, "byte": ByteType, "double": DoubleType, "float": FloatType,
    "real": FloatType, "string": StringType, "varchar": StringType, "char": StringType, "boolean": BooleanType,
    "bool": BooleanType, "date": DateType, "timestamp": TimestampType, "timestamp_ntz": TimestampNTZType,
    "timestampntz": TimestampNTZType, "timestamp_ltz": TimestampType, "binary": BinaryType, "null": NullType,
    "void": NullType, "decimal": DecimalType, "numeric": DecimalType, "struct": StructType, "array": ArrayType,
    "map": MapType, "set": SetType, "choice": ChoiceType, "uniontype": ChoiceType, "unknown": UnknownType,
}  # fmt: skip
_LEXEME = re.compile(r"\s*(`[^`]*`|[<>(),:]|[^<>(),:`]+)")


def parse_type(text: str) -> DataType:
    """A catalog or mapping type string: "bigint", "decimal(10,2)", "struct<a:int,b:array<string>>".

    A bare "struct", "array" or "map" has no parts. Raises ValueError naming the text.
    """
    tokens = [token.strip() for token in _LEXEME.findall(text)]
    try:
        parsed, rest = _parse(tokens)
    except (IndexError, KeyError, TypeError, ValueError) as error:
        reason = f": {error}" if isinstance(error, _DecimalError) else ""
        raise ValueError(f"{text!r} is not a data type that Glue knows{reason}") from error
    if rest:
        raise ValueError(f"{text!r} is not a data type that Glue knows: unexpected {rest[0]!r}")
    return parsed


class _DecimalError(ValueError):
    pass


def _decimal(precision: int, scale: int = 0) -> DecimalType:
    if not (1 <= precision <= 38 and 0 <= scale <= precision):
        raise _DecimalError("a decimal has 1 to 38 digits, and no more of them after the point")
    return DecimalType(precision, scale)


def _parse(lexemes: list[str]) -> tuple[DataType, list[str]]:
    cls = _NAMES[lexemes[0].lower()]
    rest = lexemes[1:]
    if rest[:1] == ["("]:
        close = rest.index(")") if ")" in rest else len(rest)
        numbers = [int(number) for number in rest[1:close] if number != ","]
        rest = rest[close + 1 :]
        return (_decimal(*numbers) if cls is DecimalType else cls()), rest
    if rest[:1] != ["<"]:
        # Hive's bare `decimal` is decimal(10,0); Glue's Python default of (10,2) is only for its own class.
        return (DecimalType(10, 0) if cls is DecimalType else cls()), rest
    parts, rest = _parse_parts(rest[1:], named=cls is StructType)
    if cls is StructType:
        return StructType([Field(name, part) for name, part in parts]), rest
    if cls is MapType:
        return MapType(parts[1][1]), rest
    if cls is ChoiceType:
        return ChoiceType([part for _, part in parts]), rest
    return (SetType if cls is SetType else ArrayType)(parts[0][1]), rest


def _parse_parts(tokens: list[str], named: bool) -> tuple[list[tuple[str, DataType]], list[str]]:
    parts: list[tuple[str, DataType]] = []
    if tokens[0] == ">":
        return parts, tokens[1:]
    while True:
        name = ""
        if named:
            if tokens[1] != ":":
                raise KeyError(tokens[1])
            name, tokens = tokens[0].strip("`"), tokens[2:]
        part, tokens = _parse(tokens)
        parts.append((name, part))
        separator, tokens = tokens[0], tokens[1:]
        if separator == ">":
            return parts, tokens
        if separator != ",":
            raise KeyError(separator)


_HIVE = {"long": "bigint", "short": "smallint", "byte": "tinyint", "null": "string", "unknown": "string",
         "enum": "string", "timestampntz": "timestamp"}  # fmt: skip


def named_as(wanted: DataType, seen: DataType) -> DataType:
    """A type with the names that its fields have in `seen`, which knows upper case where the catalog does not.

    Raises ValueError for fields that differ in case only.
    """
    if isinstance(seen, ChoiceType):
        seen = next((part for part in seen.choices.values() if type(part) is type(wanted)), seen)
    if isinstance(wanted, ArrayType) and isinstance(seen, ArrayType):
        return ArrayType(named_as(wanted.elementType, seen.elementType))
    if isinstance(wanted, MapType) and isinstance(seen, MapType):
        return MapType(named_as(wanted.valueType, seen.valueType))
    if not isinstance(wanted, StructType) or not isinstance(seen, StructType):
        return wanted
    names = {f.name.lower() for f in wanted}
    by_name: dict[str, Field] = {}
    for f in (f for f in seen if f.name.lower() in names):
        if (other := by_name.setdefault(f.name.lower(), f)) is not f:
            raise ValueError(_taken(other.name, f.name))
    found = [(f, by_name.get(f.name.lower(), f)) for f in wanted]
    return StructType([Field(held.name, named_as(f.dataType, held.dataType)) for f, held in found])


def hive_type(data_type: DataType) -> str:
    """The type string the Data Catalog stores."""
    if isinstance(data_type, StructType):
        return f"struct<{','.join(f'{f.name}:{hive_type(f.dataType)}' for f in data_type)}>"
    if isinstance(data_type, ChoiceType):
        return f"struct<{','.join(f'{name}:{hive_type(part)}' for name, part in data_type.choices.items())}>"
    if isinstance(data_type, ArrayType | SetType):
        return f"array<{hive_type(data_type.elementType)}>"
    if isinstance(data_type, MapType):
        return f"map<string,{hive_type(data_type.valueType)}>"
    if isinstance(data_type, DecimalType):
        return f"decimal({data_type.precision},{data_type.scale})"
    name = data_type.typeName()
    return _HIVE.get(name, name)


def ddl(schema: StructType) -> str:
    """A Glue struct as Spark's DDL. Readers take it rather than JSON, which engines parse to a limited depth."""
    return ", ".join(f"{_quoted(f.name)} {_ddl_type(to_spark(f.dataType))}" for f in schema)


def _ddl_type(data_type: spark_types.DataType) -> str:
    if isinstance(data_type, spark_types.StructType):
        return f"struct<{', '.join(f'{_quoted(f.name)}: {_ddl_type(f.dataType)}' for f in data_type.fields)}>"
    if isinstance(data_type, spark_types.ArrayType):
        return f"array<{_ddl_type(data_type.elementType)}>"
    if isinstance(data_type, spark_types.MapType):
        return f"map<string, {_ddl_type(data_type.valueType)}>"
    return data_type.simpleString()


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def tree_string(schema: StructType) -> str:
    """What `printSchema` prints: Glue's tree, without Spark's `(nullable = true)`."""
    return "\n".join(["root", *(line for field in schema for line in _lines(field.name, field.dataType, "|"))])


def _lines(name: str, data_type: DataType, indent: str) -> Iterator[str]:
    yield f"{indent}-- {name}: {_label(data_type)}"
    inner = f"{indent}    |"
    if isinstance(data_type, StructType):
        for field in data_type:
            yield from _lines(field.name, field.dataType, inner)
    elif isinstance(data_type, ArrayType | SetType):
        yield from _lines("element", data_type.elementType, inner)
    elif isinstance(data_type, MapType):
        yield f"{inner}-- keyType: string"
        yield from _lines("valueType", data_type.valueType, inner)
    elif isinstance(data_type, ChoiceType):
        for choice in data_type.choices.values():
            yield from _choice_lines(choice, inner)


def _choice_lines(choice: DataType, indent: str) -> Iterator[str]:
    head, *rest = _lines("", choice, indent)
    yield head.replace("-- : ", "-- ")
    yield from rest


def _label(data_type: DataType) -> str:
    if isinstance(data_type, DecimalType):
        return f"decimal({data_type.precision},{data_type.scale})"
    return data_type.typeName()

"""CSV as Glue writes it: choices by value, no quotes where quoteChar is -1, columns in the order of their table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from awsglue import _files
from awsglue._columns import cast, column, null_of
from awsglue.gluetypes import (
    ArrayType,
    ChoiceType,
    DataType,
    Field,
    MapType,
    StringType,
    StructType,
    TimestampNTZType,
    TimestampType,
)

Typed = tuple[DataFrame, StructType]
# No text has these: Unicode keeps them for use inside a program.
_NO_SEPARATOR, _NO_QUOTE, _NO_COMMENT = "\uffff", "\ufffe", "\ufdd0"
_NESTED = (StructType, ArrayType, MapType, ChoiceType)
_TIMES: dict[type[DataType], str] = {
    TimestampType: "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
    TimestampNTZType: "yyyy-MM-dd'T'HH:mm:ss.SSS",
}


def prepared(data: DataFrame, schema: StructType, keys: Sequence[str], options: dict[str, Any]) -> DataFrame:
    """The rows as the engine's CSV writer takes them, with `writer_options`."""
    flat = [_flat(f) for f in schema]
    data = data.select(*flat) if any(isinstance(f.dataType, ChoiceType) for f in schema) else data
    if not is_unquoted(options):
        return data
    held = [f for f in schema if f.name not in keys]
    separator = str(options.get("separator", ","))
    texts = [F.coalesce(_text(f), F.lit("")) for f in held]
    line = F.concat_ws(separator, *texts)
    # A line break inside a value ends the line, as nothing quotes it.
    lines = F.explode(F.split(line, "\n")).alias(separator.join(f.name for f in held))
    return data.select(lines, *map(column, keys))


def writer_options(options: dict[str, Any]) -> dict[str, str]:
    """Glue's CSV format_options as Spark's."""
    # Values as they are.
    result = {"ignoreLeadingWhiteSpace": "false", "ignoreTrailingWhiteSpace": "false"}
    result |= {"header": str(_files.flag(options, "writeHeader", default=True)).lower()}
    if is_unquoted(options):
        marks = {"sep": _NO_SEPARATOR, "quote": _NO_QUOTE, "escape": _NO_QUOTE, "comment": _NO_COMMENT}
        return result | marks | {"emptyValue": ""}
    quote = str(options.get("quoteChar", '"'))
    # A quote inside quotes is doubled, as Glue's reader and RFC 4180 have it; Spark's own default is a backslash.
    result |= {"sep": str(options.get("separator", ",")), "escape": quote}
    return result if quote == '"' else result | {"quote": quote, "emptyValue": quote * 2}


def is_unquoted(options: dict[str, Any]) -> bool:
    """Whether quoteChar turns quoting off."""
    return str(options.get("quoteChar", '"')) == "-1"


def _flat(f: Field) -> Column:
    """A column; a choice between single values as the text of the one it has."""
    parts = f.dataType.choices.values() if isinstance(f.dataType, ChoiceType) else ()
    if not parts or any(isinstance(part, _NESTED) for part in parts):
        return column(f.name)
    return cast(column(f.name), f.dataType, StringType())[0].alias(f.name)


def _text(f: Field) -> Column:
    """A value as the engine's writer prints it."""
    pattern = _TIMES.get(type(f.dataType))
    return F.date_format(column(f.name), pattern) if pattern else column(f.name).cast("string")


def in_order_of(data: DataFrame, schema: StructType, columns: Sequence[Field], keys: Sequence[str]) -> Typed:
    """A frame's columns as a CSV table has them, by name: readers go by position.

    What the table lacks comes after; a frame that has none of its names is left as it is.
    """
    held = {f.name.lower(): f for f in schema if f.name not in keys}
    wanted = [held.get(c.name.lower()) or Field(c.name, _known(c.dataType)) for c in columns]
    if not any(c.name.lower() in held for c in columns):
        return data, schema
    ordered = [*wanted, *(f for f in schema if f not in wanted)]
    if ordered == list(schema):
        return data, schema
    present = {f.name for f in schema}
    selected = [column(f.name) if f.name in present else null_of(f.dataType).alias(f.name) for f in ordered]
    return data.select(*selected), StructType(ordered)


def _known(data_type: DataType) -> DataType:
    return StringType() if isinstance(data_type, _NESTED) else data_type

"""Tables and objects of a test's Mastic, as pandas, Arrow or rows."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, unquote

from mastic.engines import late_pandas
from mastic.storage.errors import NoSuchBucket

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from mastic.storage.client import Storage

FORMATS = ("parquet", "csv", "json")
NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"
_NO_NUMBERS = {math.inf: "Infinity", -math.inf: "-Infinity"}
_NUMBERS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


@dataclass(frozen=True)
class Stored:
    """What is in a table or under a path."""

    data: pa.Table

    def arrow(self) -> pa.Table:
        """As an Arrow table."""
        return self.data

    def pandas(self) -> pd.DataFrame:
        """As a pandas frame."""
        return self.data.to_pandas()

    def rows(self) -> list[dict[str, Any]]:
        """As a list of dicts."""
        return list(self.data.to_pylist())

    def __len__(self) -> int:
        return int(self.data.num_rows)


def to_arrow(frame: Any) -> pa.Table:
    """An Arrow table of what tests have at hand: Arrow, pandas, a list of dicts, `Stored`, a DataFrame or
    DynamicFrame. Raises TypeError for anything else."""
    import pyarrow as pa

    late_pandas.give_pyarrow()
    if isinstance(frame, Stored):
        return frame.data
    if isinstance(frame, pa.Table):
        return frame
    if isinstance(frame, pa.RecordBatch):
        return pa.Table.from_batches([frame])
    if isinstance(frame, Sequence) and not isinstance(frame, str | bytes):
        if any(not isinstance(row, Mapping) for row in frame):
            raise TypeError("rows are a list of dicts: [{'id': 1, 'name': 'a'}, ...]")
        names = dict.fromkeys(name for row in frame for name in row)
        return pa.table({name: _column([row.get(name) for row in frame]) for name in names})
    if hasattr(frame, "toDF") and hasattr(frame, "glue_ctx"):
        frame = frame.toDF()
    if hasattr(frame, "toArrow"):
        return cast("pa.Table", frame.toArrow())
    if hasattr(frame, "to_arrow"):  # polars
        return cast("pa.Table", frame.to_arrow())
    if hasattr(frame, "iloc"):
        return pa.Table.from_pandas(frame, preserve_index=False)
    raise TypeError(f"a {type(frame).__name__} is no table; give rows, pandas or Arrow")


def _column(values: list[Any]) -> pa.Array[Any]:
    """As Arrow itself would type it; it would import pandas to find out."""
    import pyarrow as pa

    kinds = {type(value) for value in values if value is not None}
    plain = {bool: pa.bool_(), int: pa.int64(), float: pa.float64(), str: pa.string(), date: pa.date32()}
    return pa.array(values, plain.get(kinds.pop()) if len(kinds) == 1 else None)


def encoded(table: pa.Table, format: str, name: str = "") -> bytes:
    """A file's content, packed where its name ends in .gz or the like. Raises ValueError for a format that cannot be
    written here, or cannot hold a column."""
    import pyarrow as pa

    out = io.BytesIO()
    table = storable(table)
    if format == "parquet":
        import pyarrow.parquet as pq

        pq.write_table(table, out, version="2.6")
    elif format == "csv":
        import pyarrow.csv as pc

        for field in table.schema:
            if pa.types.is_nested(field.type) or pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type):
                raise ValueError(f"column {field.name!r} is a {field.type}, which csv cannot hold; use parquet or json")
        pc.write_csv(table, out)
    elif format == "json":
        out.write(b"".join(json_lines(table)))
    else:
        raise ValueError(f"format is {format!r}; it must be one of {', '.join(FORMATS)}")
    return _packed(out.getvalue(), name)


def storable(table: pa.Table, zone: str | None = None) -> pa.Table:
    """The table in types that Spark and Glue read: microseconds, and text where there is nothing but nulls.

    With a zone, times without one are of that.
    """
    import pyarrow as pa

    schema = pa.schema([field.with_type(_storable(field.type, zone)) for field in table.schema])
    return table if schema == table.schema.remove_metadata() else table.cast(schema, safe=False)


def _storable(kind: Any, zone: str | None) -> Any:
    import pyarrow as pa

    if pa.types.is_null(kind):
        return pa.string()
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us" if kind.unit == "ns" else kind.unit, kind.tz or zone)
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_storable(field.type, zone)) for field in kind])
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_storable(kind.value_type, zone)))
    if pa.types.is_map(kind):
        return pa.map_(kind.key_type, _storable(kind.item_type, zone))
    return kind


def json_lines(table: pa.Table) -> Iterable[bytes]:
    """One JSON object per row; a null field is left out and NaN is a text, as Glue and Spark write it."""
    import msgspec

    encoder = msgspec.json.Encoder(decimal_format="number")
    for row in table.to_pylist(maps_as_pydicts="strict"):
        yield encoder.encode({name: _jsonable(value) for name, value in row.items() if value is not None}) + b"\n"


def _jsonable(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else _NO_NUMBERS.get(value, "NaN")
    if isinstance(value, dict):
        return {name: _jsonable(each) for name, each in value.items()}
    return [_jsonable(each) for each in value] if isinstance(value, list) else value


def read(storage: Storage, uri: str, format: str = "", *, header: bool = True) -> pa.Table:
    """Every object at or under a path, folders `key=value` as columns; the format is by default what names end in.

    Raises FileNotFoundError when there is none.
    """
    import pyarrow as pa

    base = uri.rstrip("/")
    try:
        found = [each for each in storage.list(base) if _is_data(each.uri, base)]
    except NoSuchBucket as error:
        raise FileNotFoundError(f"{uri}: {error}") from error
    if not found:
        raise FileNotFoundError(f"there is no object at or under {uri}; there are {_neighbours(storage, uri)}")
    parts = []
    for each in found:
        part = decoded(storage.read_bytes(each.uri), format or format_of(each.uri), each.uri, header=header)
        parts.append(with_keys(part, base, each.uri))
    return pa.concat_tables(parts, promote_options="permissive")


def decoded(content: bytes, format: str, name: str, *, header: bool = True) -> pa.Table:
    """A file's rows. CSV has a header line, or columns named as Spark does; its types are inferred.

    Raises ValueError for an unknown format, or a file that has another.
    """
    import pyarrow as pa

    source: Any = pa.input_stream(io.BytesIO(content), compression=_compression(name))
    if format in ("parquet", "glueparquet"):
        import pyarrow.parquet as pq

        if not content.startswith(b"PAR1"):
            raise ValueError(f"{name} is no Parquet file; give its format: {', '.join(FORMATS)} or text")
        return pq.ParquetFile(pa.BufferReader(content)).read()  # read_table imports pandas with its data sets
    if format == "csv":
        import pyarrow.csv as pc

        table = pc.read_csv(source, pc.ReadOptions(autogenerate_column_names=not header))
        names = table.column_names if header else [f"_c{n}" for n in range(table.num_columns)]
        return storable(table.rename_columns(names))
    if format == "json":
        return to_arrow(_numbered(_json_rows(source.read())))
    if format == "text":
        return pa.table({"value": _column(source.read().decode().splitlines())})
    raise ValueError(f"format is {format!r}; it must be one of {', '.join(FORMATS)} or text")


def _json_rows(content: bytes) -> list[Any]:
    """The objects of a file: one a line, or one document, which may be a list."""
    import msgspec

    try:
        found = [msgspec.json.decode(line) for line in content.splitlines() if line.strip()]
    except msgspec.DecodeError:
        found = [msgspec.json.decode(content)]
    return [row for each in found for row in (each if isinstance(each, list) else [each])]


def _numbered(rows: list[Any]) -> list[Any]:
    """Rows with numbers where Spark has written NaN and the infinities as texts among numbers."""
    rows = [dict(row) if isinstance(row, dict) else row for row in rows]
    texts = {k for row in rows if isinstance(row, dict) for k, v in row.items() if _is_word(v)}
    for name in texts:
        values = [row.get(name) for row in rows]
        if {type(v) for v in values if v is not None and not _is_word(v)} in ({float}, {int}, {int, float}):
            for row in rows:
                row[name] = _NUMBERS.get(row.get(name), row.get(name))
    return rows


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and value in _NUMBERS


def with_keys(table: pa.Table, base: str, uri: str) -> pa.Table:
    """The table with a column for each `key=value` folder between `base` and the file."""
    import pyarrow as pa

    for folder in uri[len(base) :].split("/")[:-1]:
        key, equals, value = folder.partition("=")
        if equals and key not in table.column_names:
            text = None if value == NULL_PARTITION else unquote(value)
            table = table.append_column(key, pa.array([text] * table.num_rows, pa.string()))
    return table


def partitioned(table: pa.Table, keys: Sequence[str]) -> Iterable[tuple[list[str], pa.Table]]:
    """The table cut by the values of its partition keys, without those columns. Values as folder names have them."""
    import pyarrow.compute as pc

    if not keys:
        yield [], table
        return
    values = table.select(keys).group_by(list(keys)).aggregate([]).to_pylist()
    for row in values:
        part = table
        for key in keys:
            value = row[key]
            mask = pc.is_null(part[key]) if value is None else pc.equal(part[key], value)
            part = part.filter(mask)
        # Hive has no empty folder names.
        yield [text_of(row[key]) or NULL_PARTITION for key in keys], part.drop_columns(list(keys))


def text_of(value: Any) -> str:
    """A partition value as the catalog and folder names have it."""
    if value is None:
        return NULL_PARTITION
    return str(value).lower() if isinstance(value, bool) else str(value)


def folder_of(keys: Sequence[str], values: Sequence[str]) -> str:
    """`year=2026/month=1/`, escaped as Spark does where a value needs it."""
    return "".join(f"{key}={quote(value, safe=_SAFE)}/" for key, value in zip(keys, values, strict=True))


_SAFE = " !$&()+,-.;<>@_`|~"


def glue_type(kind: pa.DataType) -> str:
    """The catalog's name of an Arrow type. Raises ValueError for one the catalog has no name for."""
    import pyarrow.types as t

    if t.is_struct(kind):
        return f"struct<{','.join(f'{field.name}:{glue_type(field.type)}' for field in kind)}>"
    if t.is_list(kind) or t.is_large_list(kind):
        return f"array<{glue_type(kind.value_type)}>"
    if t.is_map(kind):
        return f"map<{glue_type(kind.key_type)},{glue_type(kind.item_type)}>"
    if t.is_decimal(kind) and kind.precision <= 38:
        return f"decimal({kind.precision},{kind.scale})"
    if t.is_timestamp(kind):
        return "timestamp"
    if t.is_dictionary(kind):
        return glue_type(kind.value_type)
    name = _GLUE_TYPES.get(str(kind))
    if name is None:
        raise ValueError(f"the Data Catalog has no type for Arrow's {kind}; cast it first")
    return name


def glue_columns(schema: pa.Schema) -> list[dict[str, str]]:
    """The columns as the catalog has them. Raises ValueError naming one that it has no type for."""
    columns = []
    for field in schema:
        try:
            columns.append({"Name": field.name.lower(), "Type": glue_type(field.type)})
        except ValueError as error:
            raise ValueError(f"column {field.name!r}: {error}") from None
    return columns


def format_of(uri: str, otherwise: str = "parquet") -> str:
    """The format a file's name tells: `orders.csv.gz` is csv."""
    suffixes = uri.rpartition("/")[2].split(".")[1:]
    return next((each for each in reversed(suffixes) if each in FORMATS), otherwise)


def aligned(table: pa.Table, names: Sequence[str], title: str) -> pa.Table:
    """The table with these columns in this order, as a file without names needs; those it lacks are null.

    Raises ValueError for one that is not among them.
    """
    import pyarrow as pa

    found: dict[str, Any] = {name.lower(): table[name] for name in table.column_names}
    if extra := [name for name in table.column_names if name.lower() not in names]:
        raise ValueError(f"{title} has no column {extra[0]!r}; its columns are {', '.join(names)}")
    nulls = pa.nulls(table.num_rows, pa.string())
    return pa.table({name: found.get(name, nulls) for name in names})


def check_keys(table: pa.Table, keys: Sequence[str]) -> None:
    """Raises ValueError where the table lacks a partition key."""
    if missing := [key for key in keys if key not in table.column_names]:
        raise ValueError(f"partition_keys names {missing[0]!r}; the columns are {', '.join(table.column_names)}")


_GLUE_TYPES = {
    "bool": "boolean", "int8": "tinyint", "int16": "smallint", "int32": "int", "int64": "bigint", "uint8": "smallint",
    "uint16": "int", "uint32": "bigint", "float": "float", "double": "double", "string": "string",
    "large_string": "string", "string_view": "string", "date32[day]": "date", "date64[ms]": "date",
    "binary": "binary", "large_binary": "binary", "null": "string",
}  # fmt: skip


def _is_data(uri: str, base: str) -> bool:
    relative = uri[len(base) :]
    if relative and not relative.startswith("/"):
        return False  # `s3://b/ab` is not under `s3://b/a`
    return not any(part.startswith(("_", ".")) for part in relative.split("/")) and not relative.endswith("/")


def _neighbours(storage: Storage, uri: str) -> str:
    bucket = "/".join(uri.split("/")[:3])
    found = [each.uri for each, _ in zip(storage.list(bucket + "/"), range(10), strict=False)]
    return ", ".join(found) or f"no objects in {bucket}"


def _packed(content: bytes, name: str) -> bytes:
    import pyarrow as pa

    compression = _compression(name)
    if not compression:
        return content
    out = pa.BufferOutputStream()
    with pa.CompressedOutputStream(out, compression) as packing:
        packing.write(content)
    return out.getvalue().to_pybytes()


def _compression(name: str) -> Any:
    return {"gz": "gzip", "bz2": "bz2", "zst": "zstd"}.get(name.rsplit(".", 1)[-1])

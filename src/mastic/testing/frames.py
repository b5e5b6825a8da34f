"""Tables and objects of a test's Mastic, as pandas, Arrow or rows."""

from __future__ import annotations

import io
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


def encoded(table: pa.Table, format: str) -> bytes:
    """A file's content. Raises ValueError for a format that cannot be written here."""
    out = io.BytesIO()
    if format == "parquet":
        import pyarrow.parquet as pq

        pq.write_table(table, out, version="2.6")
    elif format == "csv":
        import pyarrow.csv as pc

        pc.write_csv(table, out)
    elif format == "json":
        out.write(b"".join(json_lines(table)))
    else:
        raise ValueError(f"format is {format!r}; it must be one of {', '.join(FORMATS)}")
    return out.getvalue()


def json_lines(table: pa.Table) -> Iterable[bytes]:
    """One JSON object per row; a null field is left out, as Glue and Spark write it."""
    import msgspec

    encoder = msgspec.json.Encoder(decimal_format="number")
    for row in table.to_pylist():
        yield encoder.encode({name: value for name, value in row.items() if value is not None}) + b"\n"


def read(storage: Storage, uri: str, format: str) -> pa.Table:
    """Every object at or under a path, folders `key=value` as columns. Raises FileNotFoundError when there is none."""
    import pyarrow as pa

    base = uri.rstrip("/")
    try:
        found = [each for each in storage.list(base) if _is_data(each.uri, base)]
    except NoSuchBucket as error:
        raise FileNotFoundError(f"{uri}: {error}") from error
    if not found:
        raise FileNotFoundError(f"there is no object at or under {uri}; there are {_neighbours(storage, uri)}")
    parts = [with_keys(decoded(storage.read_bytes(each.uri), format, each.uri), base, each.uri) for each in found]
    return pa.concat_tables(parts, promote_options="permissive")


def decoded(content: bytes, format: str, name: str) -> pa.Table:
    """A file's rows. CSV has a header line; its types are inferred. Raises ValueError for an unknown format."""
    import pyarrow as pa

    source: Any = pa.input_stream(io.BytesIO(content), compression=_compression(name))
    if format in ("parquet", "glueparquet"):
        import pyarrow.parquet as pq

        return pq.ParquetFile(pa.BufferReader(content)).read()  # read_table imports pandas with its data sets
    if format == "csv":
        import pyarrow.csv as pc

        return pc.read_csv(source)
    if format == "json":
        import msgspec

        return to_arrow([msgspec.json.decode(line) for line in source.read().splitlines() if line.strip()])
    if format == "text":
        return pa.table({"value": _column(source.read().decode().splitlines())})
    raise ValueError(f"format is {format!r}; it must be one of {', '.join(FORMATS)} or text")


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
        yield [text_of(row[key]) for key in keys], part.drop_columns(list(keys))


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
    if t.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if t.is_timestamp(kind):
        return "timestamp"
    if t.is_dictionary(kind):
        return glue_type(kind.value_type)
    name = _GLUE_TYPES.get(str(kind))
    if name is None:
        raise ValueError(f"the Data Catalog has no type for Arrow's {kind}; cast the column first")
    return name


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


def _compression(name: str) -> Any:
    return {"gz": "gzip", "bz2": "bz2", "zst": "zstd"}.get(name.rsplit(".", 1)[-1])

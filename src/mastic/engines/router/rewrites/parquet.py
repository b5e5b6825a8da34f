"""Parquet schemas from the files' footers, as Spark reads them; kept per file for the life of the process."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from mastic.engines.router import types
from mastic.engines.router.pb import Unproven
from mastic.engines.router.rewrites.files import File, is_object, opened
from mastic.engines.router.types import Type

Fields = tuple[tuple[str, Type], ...]
_KEPT = 20_000
_schemas: OrderedDict[File, Fields] = OrderedDict()


def fields(files: tuple[File, ...], given: Fields | None, partitions: set[str]) -> Fields:
    """The data columns of a Parquet read; raises Unproven where the files disagree with each other or the schema."""
    held = [_schema(file) for file in files]
    if given is None:
        if any(other != held[0] for other in held[1:]):
            raise Unproven("parquet files of different schemas")
        return held[0]
    wanted = tuple((name, type_) for name, type_ in given if name.lower() not in partitions)
    for schema in set(held):
        _check(dict(schema), wanted)
    return wanted


def _check(held: dict[str, Type], wanted: Fields) -> None:
    lowered = {name.lower() for name in held}
    for name, type_ in wanted:
        if name not in held:
            if name.lower() in lowered:
                raise Unproven("parquet column written in another case")
        elif held[name] != type_:
            raise Unproven(f"parquet {held[name].ddl()} read as {type_.ddl()}")


def _schema(file: File) -> Fields:
    found = _schemas.get(file)
    if found is None:
        found = _schemas[file] = _read(file)
        if len(_schemas) > _KEPT:
            _schemas.popitem(last=False)
    return found


def _read(file: File) -> Fields:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        if is_object(file.path):
            with opened(file) as stream:
                metadata = pq.read_metadata(stream)
        else:
            metadata = pq.read_metadata(file.path)
    except (OSError, pa.ArrowException) as error:
        raise Unproven(f"parquet file that cannot be opened ({file.path.rsplit('/', 1)[-1]})") from error
    keys = metadata.metadata or {}
    if b"org.apache.spark.legacyDateTime" in keys or b"org.apache.spark.legacyINT96" in keys:
        raise Unproven("parquet with legacy dates")
    arrow = metadata.schema.to_arrow_schema()
    if len({field.name.lower() for field in arrow}) != len(arrow):
        raise Unproven("parquet columns that differ in case only")
    int96 = {
        metadata.schema.column(i).path.split(".")[0]
        for i in range(metadata.num_columns)
        if metadata.schema.column(i).physical_type == "INT96"
    }
    return tuple((field.name, _type(field, field.name in int96)) for field in arrow)


def _type(field: Any, int96: bool) -> Type:
    import pyarrow.types as pat

    if int96:
        if pat.is_timestamp(field.type):
            return types.TIMESTAMP
        raise Unproven("parquet INT96 inside a nested column")
    return types.from_arrow(field.type)

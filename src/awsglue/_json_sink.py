"""JSON lines with choices written as the value they have; everything else as the engines' JSON writer has it."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame

from awsglue.gluetypes import StructType

if TYPE_CHECKING:
    import pyarrow as pa


def lines(data: DataFrame, schema: StructType, keys: Sequence[str]) -> DataFrame:
    """Records as text, in a column `value` before the partition keys."""

    def convert(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        from awsglue._rows import plain

        for batch in batches:
            rows = [plain(row, schema) for row in batch.to_pylist()]
            records = [_text({k: v for k, v in r.items() if v is not None and k not in keys}) for r in rows]
            texts = [[None if r[key] is None else str(r[key]) for r in rows] for key in keys]
            columns: list[list[Any]] = [records, *texts]
            arrays = [pa.array(values, pa.string()) for values in columns]
            yield pa.RecordBatch.from_arrays(arrays, names=["value", *keys])

    return data.mapInArrow(convert, ", ".join(f"`{name}` string" for name in ["value", *keys]))


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(str(key))}:{_text(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_text, value)) + "]"
    if isinstance(value, Decimal):
        return str(value)
    return json.dumps(_atom(value), ensure_ascii=False)


def _atom(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)

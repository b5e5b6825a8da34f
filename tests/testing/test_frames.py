"""What tests have at hand, as Arrow."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from mastic.testing import frames


class Text(str):
    """A string of another class."""


@pytest.mark.parametrize(
    "values",
    [
        [], [None], [1, None], [2**63 - 1, -(2**63)], [True, None], [1.5, float("nan"), None], ["a", None],
        [date(2026, 1, 1)], [datetime(2026, 1, 1)], [datetime(2026, 1, 1, tzinfo=UTC)], [b"x"], [1, 2.5], [Text("a")],
        [Decimal("1.10")], [[1], None], [{"x": 1}],
    ],
)  # fmt: skip
def test_rows_have_the_types_arrow_gives_them(values: list[Any]) -> None:
    made = frames.to_arrow([{"a": value} for value in values])
    inferred = pa.table({"a": values} if values else {})
    assert made.schema == inferred.schema
    assert repr(made.to_pylist()) == repr(inferred.to_pylist())


TABLE = {
    "nanoseconds": pa.array([1_000, None], pa.timestamp("ns")),
    "zoned": pa.array([[1_000], None], pa.list_(pa.timestamp("ns", "Europe/Berlin"))),
    "nothing": pa.nulls(2),
    "empty": pa.array([[], None]),
    "nested": pa.array([{"n": 1, "nothing": None}, None]),
    "pairs": pa.array([[("k", 1.5)], None], pa.map_(pa.string(), pa.float64())),
}


@pytest.mark.parametrize("name", TABLE)
def test_files_have_types_that_spark_and_glue_read(name: str) -> None:
    """pandas 2 has nanoseconds, and Arrow a type for nothing but nulls: a file with either cannot be read."""
    table = pa.table({name: TABLE[name]})
    written = frames.decoded(frames.encoded(table, "parquet"), "parquet", "x.parquet")
    assert "[ns" not in str(written.schema) and ": null" not in str(written.schema)
    assert frames.glue_type(written.schema.field(name).type)
    assert written.num_rows == 2


def test_json_lines_are_what_spark_writes() -> None:
    rows = [{"a": 1.5, "m": None}, {"a": float("nan"), "m": None}, {"a": float("-inf"), "m": None}]
    table = frames.to_arrow(rows).set_column(1, "m", pa.array([[("k", 1)], [], None], pa.map_(pa.string(), pa.int8())))
    content = frames.encoded(table, "json")
    assert content == b'{"a":1.5,"m":{"k":1}}\n{"a":"NaN","m":{}}\n{"a":"-Infinity"}\n'
    assert frames.decoded(content, "json", "x.json")["a"].to_pylist()[2] == float("-inf")
    texts = b'{"a":"NaN"}\n{"a":"x"}\n{"a":null}\n'
    assert frames.decoded(texts, "json", "x.json")["a"].to_pylist() == ["NaN", "x", None]


@pytest.mark.parametrize(
    "content", [b'[{"a": 1}, {"a": 2}]', b'[\n  {"a": 1},\n  {"a": 2}\n]\n', b'{"a":1}\n{"a":2}\n']
)
def test_json_of_a_script_is_read_however_it_is_laid_out(content: bytes) -> None:
    assert frames.decoded(content, "json", "x.json").to_pylist() == [{"a": 1}, {"a": 2}]


def test_csv_as_spark_writes_it() -> None:
    """Without a header, where not told otherwise; times are Python's own."""
    content = b"1,2026-01-31T10:00:00.000Z\n2,\n"
    rows = frames.decoded(content, "csv", "x.csv", header=False).to_pylist()
    assert rows == [{"_c0": 1, "_c1": datetime(2026, 1, 31, 10, tzinfo=UTC)}, {"_c0": 2, "_c1": None}]
    assert type(rows[0]["_c1"]) is datetime
    assert len(frames.decoded(content, "csv", "x.csv")) == 1


def test_what_a_format_cannot_hold_is_named() -> None:
    with pytest.raises(ValueError, match=r"column 'tags' is a list.* which csv cannot hold; use parquet or json"):
        frames.encoded(pa.table({"id": [1], "tags": [["a"]]}), "csv")
    with pytest.raises(ValueError, match="column 'n': the Data Catalog has no type for Arrow's uint64; cast it first"):
        frames.glue_columns(pa.schema({"n": pa.uint64()}))
    with pytest.raises(ValueError, match=r"a\.txt is no Parquet file; give its format"):
        frames.decoded(b"hello", "parquet", "s3://lake/a.txt")


@pytest.mark.parametrize(
    ("name", "format"),
    [("a.csv", "csv"), ("a.json.gz", "json"), ("part-0-c000.snappy.parquet", "parquet"), ("run-1-part-r-0", "parquet")],
)
def test_the_name_tells_the_format(name: str, format: str) -> None:
    assert frames.format_of(f"s3://lake/v1.0/{name}") == format


def test_a_word_for_a_number_among_other_things_stays_a_text() -> None:
    content = b'{"a": "NaN", "b": "NaN"}\n{"a": 1.5, "b": "x"}\n{"b": "Infinity"}\n'
    found = frames.decoded(content, "json", "x.json").to_pylist()
    assert math.isnan(found[0]["a"]) and [row["b"] for row in found] == ["NaN", "x", "Infinity"]
    assert frames._numbered([{"a": "NaN"}, {"a": [1]}]) == [{"a": "NaN"}, {"a": [1]}]

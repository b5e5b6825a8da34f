# ruff: noqa: E501
"""Data that finds differences: nulls, NaN, extremes, unicode, empty, in every type."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal as D
from typing import Any

NAN, INF = float("nan"), float("inf")
SIGNED = -NAN  # what processors compute; to Spark the same value
U = dt.UTC


def _ts(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=U)


COLUMNS: dict[str, tuple[str, list[Any]]] = {
    "id": ("int", list(range(12))),
    "g": ("string", ["a", "b", "a", None, "b", "a", "", "b", None, "a", "c", "a"]),
    "y": ("tinyint", [None, 0, 1, -1, 127, -128, 2, 3, 10, 7, 5, 1]),
    "h": ("smallint", [None, 0, 1, -1, 32767, -32768, 2, 300, 10, 7, 5, 1]),
    "i": ("int", [None, 0, 1, -1, 2147483647, -2147483648, 2, 3, 10, 1000000, 42, 1]),
    "i2": ("int", [1, None, 1, 2, 1, -1, 3, 0, -10, 7, 42, 2]),
    "l": ("bigint", [None, 0, 1, -1, 9223372036854775807, -9223372036854775808, 2, 3, 10**12, 86400, 42, 1]),
    "l2": ("bigint", [1, None, 1, 2, 1, -1, 3, 0, -10, 7, 42, 2]),
    "f": ("float", [None, 0.0, -0.0, 1.5, SIGNED, INF, -INF, 3.4e38, 1e-10, -2.25, 0.1, 1.5]),
    "d": ("double", [None, 0.0, -0.0, 1.5, NAN, INF, -INF, 1e300, 1e-300, -2.5, 0.1, 2.5]),
    "d2": ("double", [1.0, None, 0.0, 1.5, 1.0, SIGNED, INF, 0.0, 10.0, 3.5, 0.2, -0.0]),
    "x": ("double", [None, 10.0, 12345678.9, 0.5, 1.25, 100.0, -7.75, 3.0, 0.125, 1e7, 123.456, -1.0]),
    "n": ("decimal(10,2)", [None, D("0.00"), D("1.50"), D("-1.50"), D("99999999.99"), D("-99999999.99"), D("2.25"),
                            D("2.35"), D("0.01"), D("10.00"), D("123.45"), D("1.50")]),
    "n2": ("decimal(12,4)", [D("1.0000"), None, D("0.0000"), D("2.5000"), D("0.0001"), D("3.0000"), D("-1.2500"),
                             D("7.7777"), D("10.0000"), D("0.5000"), D("123.4500"), D("1.5000")]),
    "s": ("string", [None, "", "a", "A b c", "héllo wörld", "日本語", " pad ", "tab\tnl\n", "a,b;c", "O'Re\\il\"ly", "😀x", "abcABC123"]),
    "s2": ("string", ["x", "a", None, "b", "lo", "本", " ", "t", ",", "'", "x", "abc"]),
    "sn": ("string", [None, "", "1", " 2 ", "-3", "4.5", "abc", "2147483648", "1e3", "NaN", "+7", "0012"]),
    "si": ("string", [None, "0", "1", "-1", "42", "2147483647", "-2147483648", "7", "10", "007", "99", "1"]),
    "sd": ("string", [None, "2024-01-31", "2024-02-29", "1999-12-31", "2023-02-29", "2024-1-5", "20240105", "", "x",
                      "2024-12-31 10:00:00", " 2024-03-01 ", "0001-01-01"]),
    "st": ("string", [None, "2024-01-31 10:20:30", "2024-02-29T23:59:59", "1999-12-31 00:00:00.123456", "2024-01-31",
                      "2024-01-31 10:20:30Z", "2024-01-31 10:20:30+02:00", "", "x", "2024-13-01 00:00:00",
                      "2024-01-31 10:20", "1969-12-31 23:59:59.5"]),
    "sj": ("string", [None, "", "{}", '{"a":1}', '{"a":"x","b":[1,2]}', '{"a":{"c":true}}', "[1,2]", "{bad", '{"a":null}',
                      '{"a":1.5}', '{"b":"é"}', '{"a":12345678901}']),
    "b": ("boolean", [None, True, False, True, False, True, None, False, True, True, False, True]),
    "b2": ("boolean", [True, None, False, False, True, True, None, True, False, True, True, False]),
    "t": ("date", [None, dt.date(2024, 1, 31), dt.date(2024, 2, 29), dt.date(1999, 12, 31), dt.date(1970, 1, 1),
                   dt.date(1969, 12, 31), dt.date(1, 1, 1), dt.date(9999, 12, 31), dt.date(2023, 3, 15),
                   dt.date(1582, 10, 15), dt.date(2000, 2, 29), dt.date(2024, 12, 30)]),
    "t2": ("date", [dt.date(2024, 1, 1), None, dt.date(2024, 1, 31), dt.date(2000, 1, 1), dt.date(1969, 12, 31),
                    dt.date(1970, 1, 1), dt.date(1900, 3, 1), dt.date(2024, 2, 29), dt.date(2023, 3, 15),
                    dt.date(2024, 12, 31), dt.date(1999, 2, 28), dt.date(2024, 1, 6)]),
    "ts": ("timestamp", [None, _ts(2024, 1, 31, 10, 20, 30), _ts(2024, 2, 29, 23, 59, 59, 999999),
                         _ts(1999, 12, 31), _ts(1970, 1, 1), _ts(1969, 12, 31, 23, 59, 59, 500000),
                         _ts(1900, 1, 1, 12), _ts(2100, 6, 15, 1, 2, 3), _ts(2023, 3, 15, 0, 0, 0, 1),
                         _ts(2000, 2, 29, 13, 30), _ts(2024, 12, 30, 5, 6, 7), _ts(2024, 1, 1)]),
    "ts2": ("timestamp", [_ts(2024, 1, 1), None, _ts(2024, 1, 31, 23), _ts(2000, 1, 1), _ts(1970, 1, 1, 0, 0, 1),
                          _ts(1970, 1, 1), _ts(1900, 3, 1), _ts(2024, 2, 29), _ts(2023, 3, 15, 5),
                          _ts(2024, 12, 31), _ts(1999, 2, 28, 6, 7, 8, 9), _ts(2024, 1, 6)]),
    "bin": ("binary", [None, b"", b"a", b"\x00\xff", b"abc", "é".encode(), b"A", b"0", b" ", b"\n", b"zz", b"abc"]),
    "ai": ("array<int>", [None, [], [1], [1, 2, 3], [None], [3, None, 1], [2, 2, 1], [-1, 0], [10], [7, 7, 7], [42], [1, 2]]),
    "as": ("array<string>", [None, [], ["a"], ["b", "a"], [None], ["x", None], ["", ""], ["é", "z"], ["a", "A"], ["q"], ["1"], ["a", "b"]]),
    "m": ("map<string,int>", [None, {}, {"a": 1}, {"a": 1, "b": None}, {"b": 2}, {"": 0}, {"x": 1, "y": 2}, {"a": -1},
                              {"é": 5}, {"a": 7}, {"k": 42}, {"a": 3, "c": 4}]),
    "r": ("struct<p:int,q:string>", [None, {"p": 1, "q": "a"}, {"p": None, "q": "b"}, {"p": 3, "q": None},
                                     {"p": None, "q": None}, {"p": 5, "q": ""}, {"p": 6, "q": "é"}, {"p": -7, "q": "x"},
                                     {"p": 8, "q": "y"}, {"p": 9, "q": "z"}, {"p": 42, "q": "w"}, {"p": 1, "q": "a"}]),
    "ar": ("array<struct<u:int,v:string>>", [None, [], [{"u": 1, "v": "a"}], [None], [{"u": None, "v": "b"}, {"u": 2, "v": None}],
                                             [{"u": 3, "v": "c"}], [{"u": 4, "v": ""}], [], [{"u": 5, "v": "e"}], None,
                                             [{"u": 42, "v": "w"}], [{"u": 1, "v": "a"}, {"u": 1, "v": "a"}]]),
}  # fmt: skip


# More rows, aimed at rounding, formatting and parsing; columns not named here repeat their own values.
MORE: dict[str, list[Any]] = {
    "d": [2.675, 1.005, -1.005, 0.285, 4.35, 1e15 + 0.3, 123456789.125, 1e-5],
    "d2": [3.0, 0.1, 7.0, -0.3, 1e22, 0.3, 9007199254740993.0, 1e16],
    "x": [2.675, 1.005, -0.004, 0.285, 4.35, -2.5, 0.1, 1.115],
    "f": [2.675, 16777216.0, 1e10, 1e-5, 0.3, 123.456, -0.004, 1e38],
    "n": [D("0.05"), D("-0.05"), D("12345678.90"), D("1.25"), D("1.35"), D("-2.50"), D("0.10"), D("7.77")],
    "i": [2147483646, -2147483647, 65536, 46341, -46341, 100, 25, -25],
    "l": [4611686018427387904, -4611686018427387905, 3037000500, 9223372036854775806, 5, -5, 15, 25],
    "s": ["ß", "İı", "ÀÉ", "a\u0301", " a  b ", "...", "[x](y)", "%_"],
    "s2": ["s", "i", "é", "a", "b", ".", "[", "%"],
    "sn": ["1.0", "-0", "1_000", "0x10", "1e400", "Infinity", ".5", "5."],
    "sd": ["2024-02-30", "2024-12", "2024", "+2024-01-01", "2024-01-01T00:00:00Z", "31/12/2024", "12-31-2024", "2024-01-1"],
    "st": ["2024-01-31 10:20:30.1", "2024-01-31T10", "10:20:30", "2024-1-1 1:2:3", "2024-01-31 24:00:00",
           "2024-01-31 10:20:30 UTC", "2024-01-31 10:20:30.123456789", "31/01/2024 10:20"],
    "t": [dt.date(2024, 1, 1), dt.date(2021, 1, 3), dt.date(2020, 12, 31), dt.date(2016, 1, 1), dt.date(1900, 2, 28),
          dt.date(1600, 2, 29), dt.date(2262, 4, 12), dt.date(1677, 9, 20)],
    "ts": [_ts(2262, 4, 12), _ts(1677, 9, 20), _ts(1, 1, 1), _ts(9999, 12, 31, 23, 59, 59), _ts(2024, 3, 31, 1, 30),
           _ts(2024, 11, 3, 6, 30), _ts(1960, 5, 5, 5, 5, 5, 5), _ts(2021, 1, 3, 12)],
}  # fmt: skip
ROWS = 20
for _name, (_kind, _held) in COLUMNS.items():
    _held.extend(list(range(12, 20)) if _name == "id" else MORE.get(_name, _held[:8]))


def arrow() -> Any:
    """All of it as one Arrow table."""
    import pyarrow as pa

    kinds = {
        "int": pa.int32(), "string": pa.string(), "tinyint": pa.int8(), "smallint": pa.int16(), "bigint": pa.int64(),
        "float": pa.float32(), "double": pa.float64(), "decimal(10,2)": pa.decimal128(10, 2),
        "decimal(12,4)": pa.decimal128(12, 4), "boolean": pa.bool_(), "date": pa.date32(),
        "timestamp": pa.timestamp("us", "UTC"), "binary": pa.binary(), "array<int>": pa.list_(pa.int32()),
        "array<string>": pa.list_(pa.string()), "map<string,int>": pa.map_(pa.string(), pa.int32()),
        "struct<p:int,q:string>": pa.struct([("p", pa.int32()), ("q", pa.string())]),
        "array<struct<u:int,v:string>>": pa.list_(pa.struct([("u", pa.int32()), ("v", pa.string())])),
    }  # fmt: skip
    arrays = {
        name: pa.array(
            [list(v.items()) if isinstance(v, dict) and kind.startswith("map") else v for v in held], kinds[kind]
        )
        for name, (kind, held) in COLUMNS.items()
    }
    return pa.table(arrays)


def sure(spark: Any) -> Any:
    """No rows of the same columns: those whose name ends in 2 may be NULL, others never are; parts of nested ones both."""
    import pyarrow as pa
    from pyspark.sql.pandas.types import from_arrow_schema

    def field(name: str, type_: Any) -> Any:
        if pa.types.is_list(type_):
            type_ = pa.list_(pa.field("element", field(name, type_.value_type).type, nullable=name in ("as", "ar")))
        elif pa.types.is_struct(type_):
            type_ = pa.struct([child.with_nullable(child.name in ("q", "v")) for child in type_])
        return pa.field(name, type_, nullable=name.endswith("2"))

    schema = pa.schema([field(held.name, held.type) for held in arrow().schema])
    return spark.createDataFrame([], from_arrow_schema(schema))


# Texts that parsers of numbers, booleans, dates and times may or may not take.
TEXTS: list[str | None] = [
    None, "", " ", "1", "+1", "-1", " 1", "1 ", "\t1\n", "01", "1.", ".1", ".", "1.0", "1.5", "-0", "-0.0", "1e3", "1E3", "1e", "e1",
    "1e-3", "1e400", "-1e400", "1d", "1f", "1D", "1L", "0x1", "1_0", "1,000", "NaN", "nan", "NAN", "Inf", "inf", "+inf", "-Inf",
    "Infinity", "infinity", "-Infinity", "+Infinity", "null", "NULL", "127", "128", "-129", "32768", "2147483647", "2147483648",
    "9223372036854775807", "9223372036854775808", "99999999999999999999", "12345678901234567890.123456789", "0.1234567890123456789",
    "true", "TRUE", "True", "t", "T", "yes", "y", "on", "f", "no", "n", "off", "0", "2", " true ", "tru", "\u0661\u0662", "\u00a01",
    "1\u00a0", "1\x00", "\x0b1", "2024-01-31", "2024-1-31", "2024-01-1", " 2024-01-31 ", "2024-02-30", "2024-13-01", "2024-00-10",
    "2024-01-31x", "2024-01-31 ", "2024-01-31T", "2024-01-31 x", "20240131", "2024", "2024-01", "2024-1", "02024-01-31",
    "+2024-01-31", "-2024-01-31", "12024-01-31", "0000-01-01", "0001-01-01", "9999-12-31", "10000-01-01", "1582-10-10", "1500-02-29",
    "2023-02-29", "31/01/2024", "01-31-2024", "2024/01/31", "epoch", "now", "today", "2024-01-31 10:20:30", "2024-01-31T10:20:30",
    "2024-01-31 10:20:30.1", "2024-01-31 10:20:30.123456", "2024-01-31 10:20:30.1234567", "2024-01-31 10:20:30.123456789",
    "2024-01-31 10:20", "2024-01-31 10", "2024-01-31 10:20:30Z", "2024-01-31T10:20:30Z", "2024-01-31T10:20:30+02:00",
    "2024-01-31 10:20:30 +02:00", "2024-01-31 10:20:30+0200", "2024-01-31 10:20:30+02", "2024-01-31 10:20:30 UTC",
    "2024-01-31 10:20:30 America/New_York", "2024-01-31 10:20:30 EST", "2024-01-31 24:00:00", "2024-01-31 23:59:60", "2024-01-31 1:2:3",
    "2024-1-1 1:2:3", "2024-01-31  10:20:30", "2024-01-31 10:20:30.", "2024-01-31t10:20:30", "T10:20:30", "10:20:30", "2024-01-31 10:20:30 PM",
    "1969-12-31 23:59:59.999999", "0001-01-01 00:00:00", "9999-12-31 23:59:59.999999", "1900-01-01 00:00:00", " 2024-01-31 10:20:30 ",
    "2024-03-31 02:30:00", "1706696430", "1706696430.5", "2024-01-31T10:20:30.123Z", "2024-01-31T10:20:30.123+00:00",
]  # fmt: skip


def texts(spark: Any) -> Any:
    """`TEXTS` as column w, numbered."""
    import pyarrow as pa

    return spark.createDataFrame(
        pa.table({"id": pa.array(range(len(TEXTS)), pa.int32()), "w": pa.array(TEXTS, pa.string())})
    )


def frame(spark: Any) -> Any:
    """The data as a DataFrame."""
    return spark.createDataFrame(arrow())

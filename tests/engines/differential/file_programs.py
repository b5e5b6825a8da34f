# ruff: noqa: E501
"""Programs that read and write files of every odd kind; their inputs are bytes, written out here."""

from __future__ import annotations

import bz2
import gzip
import json
from pathlib import Path
from typing import Any

import nasty
from programs import MORE_INPUTS, table, writing

_INTS = [0, 1, -1, 127, -128, 32767, -32768, 2**31 - 1, -(2**31), None]
_DOUBLES = [
    "0.1",
    "-0.0",
    "1e-50",
    "1.7976931348623157e308",
    "4.9e-324",
    "16777217.0",
    "0.30000000000000004",
    "1E5",
    "3.4028236e38",
    "123456789.123456789",
]
_TEXTS = [
    "",
    " ",
    "a\\u0000b",
    "\\u00e9\\ud83d\\ude00",
    "日本",
    "tab\\t",
    'quote\\"',
    "slash\\/\\\\",
    "line\\nbreak",
    "\u2028",
    "x" * 3000,
]
_NESTED = [
    {"o": {"p": 1, "q": {"r": "x", "s": [1, 2, None]}}, "l": [{"u": 1, "v": "a"}, {}, None], "m": {"k": 1, "j": 2}},
    {"o": {"q": {}}, "l": [], "m": {}},
    {"o": None, "l": None, "extra": True},
    {"o": {"p": -(2**31), "q": {"s": []}}, "l": [{"v": None, "u": 7}], "m": {"k": None}},
]  # fmt: skip
_ATOMS = {"y": -5, "h": 300, "i": -70000, "l": 2**40, "x": 1.5, "f": 0.1, "n": 12, "b": True, "s": "é"}
_ATOM_TYPES = "y: tinyint, h: smallint, i: int, l: bigint, x: double, f: float, n: decimal(9,2), b: boolean, s: string"
_KINDS: dict[str, str] = dict(pair.split(": ") for pair in _ATOM_TYPES.split(", "))  # type: ignore[misc]


def _every_nesting() -> list[Any]:
    """Every kind inside a struct, an array and a map, those inside each other, and nulls at every place."""
    full = {
        "st": _ATOMS, "ars": {k: [v, None, v] for k, v in _ATOMS.items()}, "maps": {k: {"a": v, "b": None} for k, v in _ATOMS.items()},
        "deep": {"aa": [[1], [], None], "as": [{"x": 1}, None, {}], "am": [{"k": 1}, None, {}], "ma": {"k": [1], "j": None},
                 "ms": {"k": {"x": 1}, "j": None}, "mm": {"k": {"j": 1}, "e": {}}, "ss": {"t": {"u": [{"v": "w"}]}}},
    }  # fmt: skip
    hollow = {outer: dict.fromkeys(inner) for outer, inner in full.items()}
    return [full, hollow, dict.fromkeys(full), {}, {outer: {} for outer in full}]


_NESTING_SCHEMA = (
    f"st struct<{_ATOM_TYPES}>, ars struct<{', '.join(f'{k}: array<{v}>' for k, v in _KINDS.items())}>, "
    f"maps struct<{', '.join(f'{k}: map<string, {v}>' for k, v in _KINDS.items())}>, "
    "deep struct<aa: array<array<int>>, as: array<struct<x: int>>, am: array<map<string, int>>, ma: map<string, array<int>>, "
    "ms: map<string, struct<x: int>>, mm: map<string, map<string, int>>, ss: struct<t: struct<u: array<struct<v: string>>>>>"
)


def _lines(records: Any) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


JSON = {
    "ints.json": _lines({"id": i, "y": v and v % 100, "h": v and max(-32768, min(v, 32767)), "i": v} for i, v in enumerate(_INTS)),
    "longs.json": _lines({"id": i, "l": v} for i, v in enumerate([2**31, -(2**31) - 1, 2**63 - 1, -(2**63), 0, None])),
    "doubles.json": "".join(f'{{"id":{i},"d":{v}}}\n' for i, v in enumerate(_DOUBLES)),
    "both.json": '{"id":1,"d":1}\n{"id":2,"d":2.5}\n{"id":3,"d":-0}\n{"id":4,"d":9007199254740993}\n{"id":5,"d":null}\n',
    "texts.json": "".join(f'{{"id":{i},"s":"{v}"}}\n' for i, v in enumerate(_TEXTS)) + '{"id":99,"s":null}\n',
    "nested.json": _lines(_NESTED),
    "nesting.json": _lines(_every_nesting()),
    "bools.json": '{"b":true}\n{"b":false}\n{"b":null}\n{}\n',
    "days.json": _lines({"t": v} for v in ["2024-01-31", "1582-10-04", "1000-02-28", "9999-12-31", "0001-01-01", None]),
    "odd_days.json": _lines({"t": v} for v in ["2024-1-5", "2024-02-30", "2024", "x", ""]),
    "times.json": _lines({"ts": v} for v in ["2024-01-31T10:20:30Z", "2024-01-31 10:20:30", "1582-10-04T00:00:00.123Z", "1969-12-31T23:59:59.999999Z", None]),
    "odd_times.json": _lines({"ts": v} for v in ["2024-01-31", "2024-01-31T10:20:30+02:00", "2024-01-31T25:00:00Z", "10:20", ""]),
    "crlf.json": '{"a":1}\r\n{"a":2}\r\n',
    "bom.json": '\ufeff{"a":1}\n{"a":2}\n',
    "noeol.json": '{"a":1}\n{"a":2}',
    "spaced.json": ' {"a":1} \n\t{"a":2}\n\n  \n',
    "two_a_line.json": '{"a":1}{"a":2}\n{"a":3} {"a":4}\n',
    "over_lines.json": '{"a":\n1}\n{"a":2}\n',
    "cancel.json": '{"a":1} {"a":\n2}\n{"a":3}\n',
    "zeros.json": '{"a":01}\n{"a":2}\n',
    "nan.json": '{"a":NaN}\n{"a":1.5}\n{"a":Infinity}\n',
    "strings_as.json": '{"a":"1","b":"2.5","c":"true"}\n{"a":"2","b":"x","c":""}\n',
    "twice.json": '{"a":1,"a":2}\n{"a":3}\n',
    "surrogate.json": '{"a":"\\ud800"}\n{"a":"x"}\n',
    "array_line.json": '[{"a":1},{"a":2}]\n{"a":3}\n',
    "scalar_line.json": '{"a":1}\n2\n"x"\nnull\n{"a":3}\n',
    "only_nulls.json": '{"a":null,"b":1}\n{"a":null}\n',
    "empty_objects.json": '{"o":{}}\n{"o":null}\n',
    "single_quotes.json": "{'a':1}\n{'a':2}\n",
    "comment.json": '{"a":1} // x\n/* y */ {"a":2}\n',
    "choice.json": '{"a":1,"b":[1,"x"],"c":{"d":1}}\n{"a":"x","b":[2.5],"c":{"d":true}}\n',
    "wide.json": _lines([{f"c{i}": i for i in range(300)}, {f"c{i}": i * 2 for i in range(300)}]),
    "unsorted.json": '{"z":1,"A":"x","m":{"y":1,"b":2}}\n{"a2":1.5,"z":2}\n',
    "doc.json": '[\n  {"a": 1, "s": "x\\ny"},\n  {"a": 2,\n   "o": {"p": [1, 2]}}\n]\n',
    "object.json": '{\n  "a": 1,\n  "o": {"p": "x"}\n}\n',
    "doc_choice.json": '[{"a": 1}, {"a": "x"}]',
    "doc_bad.json": '[{"a": 1}, {"a": ]',
    "doc_empty.json": "[]",
    "doc_scalars.json": "[1, 2]",
    "doc_two.json": '{"a": 1}\n{"a": 2}\n',
}  # fmt: skip


def json_inputs(folder: Path) -> None:
    for name, text in JSON.items():
        (folder / f"j_{name}").write_bytes(text.encode("utf-8", "surrogatepass"))
    (folder / "j_latin.json").write_bytes(b'{"a":"\xe9"}\n')
    (folder / "j_zip.json.gz").write_bytes(gzip.compress(b'{"a":1,"b":"x"}\n{"a":2}\n'))
    (folder / "j_zip.json.bz2").write_bytes(bz2.compress(b'{"a":1,"b":"x"}\n{"a":2}\n'))
    many = folder / "j_many"
    many.mkdir()
    for i in range(30):
        (many / f"{i}.json").write_text(f'{{"a":{i},"k{i % 3}":"x"}}')
    (many / "empty.json").write_text("")
    docs = folder / "j_docs"
    docs.mkdir()
    (docs / "1.json").write_text('[{"a":1,"b":"x"},{"a":2}]')
    (docs / "2.json").write_text('{"a":3,\n"c":1.5}')


MORE_INPUTS.append(json_inputs)

table(
    "read",
    "\n".join(
        f'spark.read.json(c.path("j_{name}"))' for name in [*JSON, "latin.json", "zip.json.gz", "zip.json.bz2", "many"]
    ),
)
table("read", "\n".join(
    f'spark.read.json(c.path("j_{name}"), multiLine=True)'
    for name in ["doc.json", "object.json", "doc_choice.json", "doc_bad.json", "doc_empty.json", "doc_scalars.json", "doc_two.json", "docs",
                 "nested.json", "bom.json", "zip.json.gz", "array_line.json", "nan.json", "latin.json", "twice.json", "zeros.json"]
))  # fmt: skip
table(
    "read",
    r"""
spark.read.schema("id int, y tinyint, h smallint, i int").json(c.path("j_ints.json"))
spark.read.schema("id int, y int, h int, i bigint").json(c.path("j_ints.json"))
spark.read.schema("y smallint, h bigint, i double").json(c.path("j_ints.json"))
spark.read.schema("i float, h float, y double").json(c.path("j_ints.json"))
spark.read.schema("i decimal(12,2), h decimal(38,10), y decimal(3,0)").json(c.path("j_ints.json"))
spark.read.schema("i decimal(5,2)").json(c.path("j_ints.json"))
spark.read.schema("i smallint").json(c.path("j_ints.json"))
spark.read.schema("h tinyint").json(c.path("j_ints.json"))
spark.read.schema("i string").json(c.path("j_ints.json"))
spark.read.schema("i boolean").json(c.path("j_ints.json"))
spark.read.schema("i timestamp").json(c.path("j_ints.json"))
spark.read.schema("id int, l bigint").json(c.path("j_longs.json"))
spark.read.schema("id int, l int").json(c.path("j_longs.json"))
spark.read.schema("l decimal(20,0)").json(c.path("j_longs.json"))
spark.read.schema("l double, id bigint").json(c.path("j_longs.json"))
spark.read.schema("l float").json(c.path("j_longs.json"))
spark.read.schema("id int, d double").json(c.path("j_doubles.json"))
spark.read.schema("id int, d float").json(c.path("j_doubles.json"))
spark.read.schema("id int, d decimal(20,5)").json(c.path("j_doubles.json"))
spark.read.schema("d int").json(c.path("j_doubles.json"))
spark.read.schema("id int, d double").json(c.path("j_both.json"))
spark.read.schema("id int, d float").json(c.path("j_both.json"))
spark.read.schema("id int, s string").json(c.path("j_texts.json"))
spark.read.schema("s string, absent int, o struct<x: int>").json(c.path("j_texts.json"))
spark.read.schema("s binary").json(c.path("j_texts.json"))
spark.read.schema("o struct<p: int, q: struct<r: string, s: array<int>>>, l array<struct<u: int, v: string>>, extra boolean").json(c.path("j_nested.json"))
spark.read.schema("o struct<q: struct<s: array<double>>, absent: int>").json(c.path("j_nested.json"))
spark.read.schema("m map<string, int>, l array<struct<u: smallint>>").json(c.path("j_nested.json"))
spark.read.schema("m map<string, bigint>").json(c.path("j_nested.json"))
spark.read.schema("m struct<k: int>").json(c.path("j_nested.json"))
spark.read.schema("m string").json(c.path("j_nested.json"))
spark.read.schema("o struct<p: int>").json(c.path("j_nested.json")).select("o.p").filter("p is not null")
spark.read.schema(NESTING).json(c.path("j_nesting.json"))
spark.read.schema(NESTING).json(c.path("j_nesting.json")).select("deep.ss.t.u", "ars.l", "maps.s", "st.n")
spark.read.schema("st map<string, string>").json(c.path("j_nesting.json"))
spark.read.schema("b boolean").json(c.path("j_bools.json"))
spark.read.schema("t date").json(c.path("j_days.json"))
spark.read.schema("t string").json(c.path("j_days.json"))
spark.read.schema("t date").json(c.path("j_odd_days.json"))
spark.read.schema("t date").json(c.path("j_days.json")).filter("t > '2000-01-01'")
spark.read.schema("ts timestamp").json(c.path("j_times.json"))
spark.read.schema("ts timestamp").json(c.path("j_odd_times.json"))
spark.read.schema("ts date").json(c.path("j_times.json"))
spark.read.schema("a int").json(c.path("j_crlf.json"))
spark.read.schema("a int").json(c.path("j_bom.json"))
spark.read.schema("a int").json(c.path("j_noeol.json"))
spark.read.schema("a int").json(c.path("j_spaced.json"))
spark.read.schema("a int").json(c.path("j_two_a_line.json"))
spark.read.schema("a int").json(c.path("j_over_lines.json"))
spark.read.schema("a int").json(c.path("j_cancel.json"))
spark.read.schema("a int").json(c.path("j_zeros.json"))
spark.read.schema("a double").json(c.path("j_nan.json"))
spark.read.schema("a int, b double, c boolean").json(c.path("j_strings_as.json"))
spark.read.schema("a int").json(c.path("j_twice.json"))
spark.read.schema("a string").json(c.path("j_surrogate.json"))
spark.read.schema("a int").json(c.path("j_array_line.json"))
spark.read.schema("a int").json(c.path("j_scalar_line.json"))
spark.read.schema("a string, b int").json(c.path("j_only_nulls.json"))
spark.read.schema("a int, b int").json(c.path("j_only_nulls.json"))
spark.read.schema("o struct<x: int>").json(c.path("j_empty_objects.json"))
spark.read.schema("a string, b array<string>").json(c.path("j_choice.json"))
spark.read.schema("a int, k0 string, k1 string, k2 string").json(c.path("j_many"))
spark.read.schema("a int, b string").json(c.path("j_zip.json.gz"))
spark.read.schema("a int, b string").json(c.path("j_zip.json.bz2"))
spark.read.schema("a int").json(c.path("empty.json"))
spark.read.schema("a int, _corrupt_record string").json(c.path("bad.json"))
spark.read.schema("a int").option("mode", "DROPMALFORMED").json(c.path("j_ints.json"))
spark.read.schema("i int").option("mode", "DROPMALFORMED").json(c.path("j_ints.json"))
spark.read.schema("i int").option("mode", "FAILFAST").json(c.path("j_ints.json"))
spark.read.option("inferSchema", "true").option("header", "true").json(c.path("j_unsorted.json"))
spark.read.option("primitivesAsString", "true").json(c.path("j_unsorted.json"))
spark.read.option("samplingRatio", "1.0").json(c.path("j_unsorted.json"))
spark.read.option("allowSingleQuotes", "true").json(c.path("j_unsorted.json"))
spark.read.format("json").option("multiLine", "false").schema("z int, a2 double").load(c.path("j_unsorted.json"))
spark.read.schema("a int, s string, o struct<p: array<int>>").json(c.path("j_doc.json"), multiLine=True)
spark.read.schema("a int, b string, c double").option("multiline", "true").json(c.path("j_docs"))
spark.read.option("multiLine", True).option("mode", "FAILFAST").json(c.path("j_docs"))
""".replace("NESTING", repr(_NESTING_SCHEMA)),
)


def nested_parquet(folder: Path) -> None:
    """Every column of the nasty table in a struct, an array and a map; written by pyarrow, as other tools do."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = nasty.arrow()
    held = {"id": table["id"]}
    for name in table.column_names[1:]:
        column = table[name].combine_chunks()
        values = column.to_pylist() if not pa.types.is_timestamp(column.type) else column.cast(pa.int64()).to_pylist()
        stored = column.type if not pa.types.is_timestamp(column.type) else pa.int64()
        lists = pa.array(
            [None if i % 7 == 3 else [value] * (i % 3) + [None] for i, value in enumerate(values)], pa.list_(stored)
        )
        maps = pa.array(
            [None if i % 7 == 4 else [("k", value), ("n", None)][: i % 3] for i, value in enumerate(values)],
            pa.map_(pa.string(), stored),
        )
        held[f"l_{name}"] = lists.cast(pa.list_(column.type))
        held[f"m_{name}"] = maps.cast(pa.map_(pa.string(), column.type))
        held[f"s_{name}"] = pa.StructArray.from_arrays(
            [column], [name], mask=pa.array([i % 5 == 1 for i in range(len(column))])
        )
    pq.write_table(pa.table(held), folder / "p_nesting.parquet")


MORE_INPUTS.append(nested_parquet)


def signed_parquet(folder: Path) -> None:
    """NaN with a sign and without one, as other tools than Spark write them; Spark itself writes one of them only."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    d = [nasty.SIGNED, 1.0, nasty.NAN, None, -1.0, nasty.INF, nasty.SIGNED, -nasty.INF]
    floats = pa.table({"id": range(8), "d": pa.array(d), "f": pa.array(d[::-1], pa.float32())})
    pq.write_table(floats, folder / "p_signed.parquet")
    lists = [None if value is None else [value, 0.5] for value in d]
    nested = {"id": range(8), "r": [{"d": value, "e": {"f": value}} for value in d], "l": lists}
    pq.write_table(pa.table(nested), folder / "p_signed_in.parquet")
    for part in (1, 2):
        (folder / "p_signed_by" / f"p={part}").mkdir(parents=True)
        pq.write_table(floats, folder / "p_signed_by" / f"p={part}" / "a.parquet")


MORE_INPUTS.append(signed_parquet)
table(
    "read",
    r"""
spark.read.parquet(c.path("p_signed.parquet"))
spark.read.parquet(c.path("p_signed.parquet")).where("d > 0 or f < 0")
spark.read.parquet(c.path("p_signed.parquet")).where((F.col("d") == F.col("f")) | (F.col("f") >= 1))
spark.read.parquet(c.path("p_signed.parquet")).groupBy("d").agg(F.count("id").alias("n"), F.max("f").alias("m"), F.min("f").alias("l"))
spark.read.parquet(c.path("p_signed.parquet")).select("f").distinct()
spark.read.parquet(c.path("p_signed.parquet")).dropDuplicates(["d"]).select("d")
spark.read.parquet(c.path("p_signed.parquet")).orderBy(F.col("d").desc(), "id")
spark.read.parquet(c.path("p_signed.parquet")).select("id", F.dense_rank().over(W.orderBy("f")).alias("r"), F.count("id").over(W.partitionBy("d")).alias("n"))
spark.read.parquet(c.path("p_signed.parquet")).alias("a").join(spark.read.parquet(c.path("p_signed.parquet")).alias("b"), F.col("a.d") == F.col("b.f")).select("a.id", F.col("b.id").alias("other"))
spark.read.parquet(c.path("p_signed.parquet")).select("d").intersect(spark.read.parquet(c.path("p_signed.parquet")).select(F.col("f").cast("double").alias("d")))
spark.read.parquet(c.path("p_signed_by")).where("p = 2 and d > 0").groupBy("p", "f").count()
spark.read.schema("f float, id bigint").parquet(c.path("p_signed.parquet")).where("f > 5")
spark.read.parquet(c.path("p_signed_in.parquet")).where("r.d > 0 or r.e.f = 1").select("id", "r.d", F.col("r.e.f").alias("f"))
spark.read.parquet(c.path("p_signed_in.parquet")).where((F.col("r").getField("d") > 0) | (F.col("l")[0] >= 1)).select("id")
spark.read.parquet(c.path("p_signed_in.parquet")).groupBy("r.d").count()
spark.read.parquet(c.path("p_signed_in.parquet")).groupBy(F.col("l")[0].alias("v")).agg(F.max("r.e.f").alias("m"))
spark.read.parquet(c.path("p_signed_in.parquet")).orderBy(F.col("r.d").desc(), "id").select("id")
""",
)
_WRITABLE = "st struct<y: tinyint, h: smallint, i: int, l: bigint, n: decimal(9,2), b: boolean, s: string>, deep struct<aa: array<array<int>>, as: array<struct<x: int>>, ss: struct<t: struct<u: array<struct<v: string>>>>>, ars struct<y: array<tinyint>, h: array<smallint>, i: array<int>, l: array<bigint>, n: array<decimal(9,2)>, b: array<boolean>, s: array<string>>"

table(
    "read",
    r"""
spark.read.parquet(c.path("p_nesting.parquet"))
spark.read.parquet(c.path("p_nesting.parquet")).select("id", "s_r.r.p", "l_ar", "m_ts").filter("id > 3")
(spark.read.parquet(c.path("p_nesting.parquet")).coalesce(1).write.parquet(str(c.own / "x")), spark.read.parquet(str(c.own / "x")))[1]
""",
)
writing(
    """
spark.read.parquet(c.path("p_nesting.parquet")).drop("s_ts", "s_ts2", "l_ts", "l_ts2", "m_ts", "m_ts2").coalesce(1).write.parquet(o)
spark.read.schema(NESTING).json(c.path("j_nesting.json")).coalesce(1).write.parquet(o)
spark.read.schema(WRITABLE).json(c.path("j_nesting.json")).coalesce(1).write.json(o)
""".replace("NESTING", repr(_NESTING_SCHEMA)).replace("WRITABLE", repr(_WRITABLE))
)


CSV = {
    "lines.csv": 'a,b\n1,"two\nlines"\n2,"x ""y""\n\n z"\n3,""\n4,\n',
    "crlf_in.csv": 'a,b\r\n1,"two\r\nlines"\r\n',
    "mixed_in.csv": 'a,b\n1,"two\r\nlines"\n2,x\n',
    "crlf.csv": 'a,b\r\n1,"x, y"\r\n\r\n2,z\r\n',
    "blank.csv": "a,b\n1,x\n\n\n2,y\n",
    "white.csv": "a,b\n1,x\n  \n2,y\n",
    "noeol.csv": 'a,b\n1,x\n2,"y"',
    "pads.csv": 'a,b\n 1, x y \n2 ,"  q "\n',
    "plain.csv": 'a,b\n1,x y\n2,"q, r"\n',
    "notes.csv": "# first\na,b\n1,x\n#2,y\n3,z\n",
    "na.csv": "id,s,d,t,b\n1,NA,1.5,2024-01-31,true\n2,x,NA,NA,NA\nNA,,,,\n4,na,2,1999-12-31,false\n",
    "na_quoted.csv": 'id,s\n1,""\n2,"NA"\n3,NA\n4,\n',
    "na_odd.csv": "id,d\n 1,1d\nNA,0x1\n",
    "odd1.csv": 'a,b\n""x,1\n',
    "odd2.csv": 'a,b\nx""y,1\n',
    "odd3.csv": 'a,b\n"x"y,1\n',
    "odd4.csv": 'a,b\n"x,1\ny",2\n',
    "odd5.csv": 'a,b\n"",""\n"""",1\n"""a""",""""""\n',
    "open.csv": 'a,b\n1,"x\n2,y\n',
    "lasts.csv": 'a,b\n1,"x"\n2,"',
    "head.csv": '"a\nb",c\n1,2\n',
}  # fmt: skip


def csv_inputs(folder: Path) -> None:
    for name, text in CSV.items():
        (folder / f"c_{name}").write_bytes(text.encode())
    (folder / "c_zip.csv.gz").write_bytes(gzip.compress(b'a,b\n1,"x, y"\n2,\n'))
    (folder / "c_zip.csv.bz2").write_bytes(bz2.compress(b"a,b\n1,x\n2,\n"))
    (folder / "c_bad.csv.gz").write_bytes(gzip.compress(b'a,b\n1,5" x\n'))


MORE_INPUTS.append(csv_inputs)
table("read", "\n".join(
    f'spark.read.csv(c.path("c_{name}"), header=True, {options})'
    for name in CSV for options in ("multiLine=True, escape='\"'", "escape='\"'")
))  # fmt: skip
table(
    "read",
    r"""
spark.read.csv(c.path("c_lines.csv"), header=True, multiLine=True)
spark.read.csv(c.path("c_plain.csv"), header=True, multiLine=True)
spark.read.csv(c.path("c_plain.csv"), multiLine=True, schema="a string, b string")
spark.read.schema("a int, b string").csv(c.path("c_lines.csv"), header=True, multiLine=True, escape='"', mode="FAILFAST")
spark.read.csv(c.path("c_zip.csv.gz"), header=True)
spark.read.csv(c.path("c_zip.csv.bz2"), header=True)
spark.read.schema("a int, b string").csv(c.path("c_zip.csv.gz"), header=True, escape='"')
spark.read.csv(c.path("c_zip.csv.gz"), header=True, escape='"', multiLine=True)
spark.read.csv(c.path("c_bad.csv.gz"), header=True, escape='"')
spark.read.csv(c.path("c_plain.csv"), header=True, ignoreLeadingWhiteSpace=True, ignoreTrailingWhiteSpace=True)
spark.read.csv(c.path("c_noeol.csv"), header=True, ignoreLeadingWhiteSpace=True, ignoreTrailingWhiteSpace=True)
spark.read.csv(c.path("c_pads.csv"), header=True, ignoreLeadingWhiteSpace=True, ignoreTrailingWhiteSpace=True)
spark.read.csv(c.path("c_plain.csv"), header=True, comment="#")
spark.read.csv(c.path("c_notes.csv"), header=True, comment="#")
spark.read.csv(c.path("c_na.csv"), header=True, nullValue="NA")
spark.read.schema("id int, s string, d double, t date, b boolean").csv(c.path("c_na.csv"), header=True, nullValue="NA")
spark.read.schema("id bigint, s string, d decimal(5,1), t string, b string").csv(c.path("c_na.csv"), header=True, nullValue="NA")
spark.read.schema("id smallint, s string, d float, t date, b boolean").csv(c.path("c_na.csv"), header=True, nullValue="NA")
spark.read.csv(c.path("c_na_quoted.csv"), header=True, nullValue="NA")
spark.read.schema("id int, d double").csv(c.path("c_na_odd.csv"), header=True, nullValue="NA")
spark.read.csv(c.path("c_na.csv"), header=True, dateFormat="dd/MM/yyyy")
spark.read.schema("id string, s string, d string, t date, b string").csv(c.path("c_na.csv"), header=True, dateFormat="dd/MM/yyyy")
""",
)

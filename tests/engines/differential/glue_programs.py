# ruff: noqa: E501
"""Programs of awsglue, for the kind `glue`: every transform on both engines, over the nasty columns and over choices."""

from __future__ import annotations

from typing import Any

from programs import PROGRAMS, Case, lines_of


def _glue(case: Case) -> Any:
    from awsglue.context import GlueContext

    return GlueContext(case.spark)


def _result(made: Any) -> Any:
    """The DataFrame of what a transform gave."""
    return made.toDF() if hasattr(made, "glue_ctx") and hasattr(made, "toDF") else made


def glue(text: str) -> None:
    """One program per line, over `n` (nasty), `a`, `b` (left and right), `ch` (choices), all DynamicFrames; `df` makes one."""
    for line in lines_of(text):
        code = compile(line, "<glue>", "eval")

        def run(case: Case, code: Any = code) -> Any:
            import awsglue.transforms as transforms
            from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection

            context = _glue(case)

            def df(frame: Any) -> Any:
                return DynamicFrame.fromDF(frame, context, "f")

            scope = {name: getattr(transforms, name) for name in dir(transforms) if name[0].isupper()}
            scope |= {"F": case.F, "c": case, "spark": case.spark, "glue": context, "df": df}
            scope |= {"DynamicFrameCollection": DynamicFrameCollection}
            lazily = {"n": case.nasty, "a": case.left, "b": case.right, "ch": lambda: choices(case)}
            scope |= {name: df(make()) for name, make in lazily.items() if name in code.co_names}
            return _result(eval(code, scope))

        PROGRAMS[f"glue: {line}"] = run


def choices(case: Case) -> Any:
    """A column of every kind of choice: a struct with one field per type."""
    rows = [(1, (5, None), (None, "x"), [(1, None), (None, "y")]), (2, (None, "7"), (1.5, None), []),
            (3, (None, "seven"), None, None), (4, None, (None, ""), [(None, None)]), (5, (-1, None), (float("nan"), None), [(3, None)])]  # fmt: skip
    return case.spark.createDataFrame(
        rows, "id int, p struct<int:int,string:string>, q struct<double:double,string:string>, "
              "e array<struct<int:int,string:string>>"
    )  # fmt: skip


PLAIN = '"id", "y", "h", "i", "l", "f", "d", "n", "s", "b", "t", "ts2", "bin"'
TARGETS = {
    "y": "tinyint", "h": "short", "i": "int", "l": "long", "f": "float", "d": "double", "n": "decimal(10,2)", "s": "string",
    "b": "boolean", "t": "date", "ts2": "timestamp", "sn": "string", "si": "string", "sd": "string", "st": "string",
}  # fmt: skip


def castings() -> str:
    """ApplyMapping of every plain type to every other."""
    to = (
        "int",
        "long",
        "double",
        "float",
        "string",
        "boolean",
        "date",
        "timestamp",
        "decimal(12,3)",
        "short",
        "byte",
        "binary",
    )
    return "\n".join(
        f'ApplyMapping.apply(n, [("id", "int", "id", "int"), ("{column}", "{source}", "x", "{target}")])'
        for column, source in TARGETS.items()
        for target in to
    )


glue(castings())
glue(
    rf"""
ApplyMapping.apply(n, [("id", "int", "k", "long"), ("s", "string", "t.u", "string"), ("i", "int", "t.v", "string")])
ApplyMapping.apply(n, [("r.p", "int", "p", "string"), ("r.q", "string", "q", "string")])
ApplyMapping.apply(n, [("id", "id"), ("s", "text")])
ApplyMapping.apply(n, [("ID", "int", "id", "int")])
ApplyMapping.apply(n, [("ID", "int", "id", "int"), ("s", "string", "s", "string")], case_sensitive=True)
ApplyMapping.apply(n, [("id", "int", "a.b.c", "int"), ("s", "string", "a.b.d", "string")])
ApplyMapping.apply(n, [("id", "int", "id", "int"), ("ai", "array", "ai", "array"), ("r", "struct", "r", "struct"), ("m", "map", "m", "map")])
ApplyMapping.apply(ch, [("id", "int", "id", "int"), ("p", "choice", "p", "int")])
ApplyMapping.apply(ch, [("id", "int", "id", "int"), ("p", "string", "p", "string"), ("q", "double", "q", "double")])
ResolveChoice.apply(ch, specs=[("p", "cast:int"), ("q", "cast:double")]).drop_fields("e")
ResolveChoice.apply(ch, specs=[("p", "cast:string"), ("q", "cast:string")]).drop_fields("e")
ResolveChoice.apply(ch, specs=[("p", "cast:long"), ("q", "cast:float")]).drop_fields("e")
ResolveChoice.apply(ch, specs=[("p", "make_cols"), ("q", "make_struct")]).drop_fields("e")
ResolveChoice.apply(ch, specs=[("p", "project:string"), ("q", "project:double")]).drop_fields("e")
ResolveChoice.apply(ch, specs=[("p", "project:int"), ("q", "project:string")]).drop_fields("e")
ResolveChoice.apply(ch, choice="make_cols").drop_fields("e")
ResolveChoice.apply(ch, choice="make_struct").drop_fields("e")
ResolveChoice.apply(ch, choice="cast:string").drop_fields("e")
ResolveChoice.apply(ch, choice="project:string").drop_fields("e")
ResolveChoice.apply(ch, specs=[("e[]", "cast:int")]).select_fields(["id", "e"])
ResolveChoice.apply(ch, specs=[("e[]", "project:string")]).select_fields(["id", "e"])
ResolveChoice.apply(ch, specs=[("e[]", "make_struct")]).select_fields(["id", "e"])
ResolveChoice.apply(n.select_fields(["id", "s", "i"]), specs=[("s", "cast:int"), ("i", "cast:string")])
ResolveChoice.apply(n.select_fields(["id", "sn"]), specs=[("sn", "cast:double")])
ResolveChoice.apply(n.select_fields(["id", "d"]), specs=[("d", "cast:long")])
ch.resolveChoice(specs=[("p", "cast:int")]).filter(lambda r: r["p"] is not None and r["p"] > 0).drop_fields(["q", "e"])
SelectFields.apply(n, ["id", "s", "r.q"])
SelectFields.apply(n, [{PLAIN}])
SelectFields.apply(n, ["id", "absent"])
n.select_fields(["id", "ai", "as", "r", "ar"])
n.select_fields(["id", "m"])
DropFields.apply(n, ["m", "ar", "r.p", "bin", "f"])
DropFields.apply(n, ["absent", "m"])
RenameField.apply(n, "s", "text").select_fields(["id", "text"])
RenameField.apply(n, "r.q", "r.z").select_fields(["id", "r"])
RenameField.apply(n, "s", "deep.er.text").select_fields(["id", "deep"])
SplitFields.apply(n, ["id", "s"], "x", "y").select("x")
SplitFields.apply(n.select_fields([{PLAIN}]), ["id", "s"], "x", "y").select("y")
SplitRows.apply(n.select_fields([{PLAIN}]), {{"i": {{">": 1}}}}, "x", "y").select("x")
SplitRows.apply(n.select_fields([{PLAIN}]), {{"i": {{">": 1}}}}, "x", "y").select("y")
SplitRows.apply(n.select_fields([{PLAIN}]), {{"i": {{">=": -1, "<": 50}}, "s": {{"!=": "a"}}}}, "x", "y").select("x")
SplitRows.apply(n.select_fields([{PLAIN}]), {{"d": {{"<=": 1.5}}}}, "x", "y").select("y")
SelectFromCollection.apply(DynamicFrameCollection({{"a": a, "b": b}}, glue), "b")
MapToCollection.apply(DynamicFrameCollection({{"a": a, "b": b}}, glue), lambda f, ctx: f.select_fields(["k"])).select("b")
FlatMap.apply(DynamicFrameCollection({{"a": a, "b": b}}, glue), DropFields, frame_name="frame", base_kwargs={{"paths": ["k"]}}).select("b")
Join.apply(a, b, "k", "k")
Join.apply(a, b, ["k", "l"], ["k", "r"])
Join.apply(a, b.rename_field("k", "key"), "k", "key")
Join.apply(a, n.select_fields(["l", "s"]), "k", "l")
Join.apply(a, n.select_fields(["sn", "id"]), "k", "sn")
Join.apply(n.select_fields(["id", "r", "s"]), a, "r.p", "k")
Join.apply(n.select_fields(["id", "d"]), n.select_fields(["x", "d2"]), "d", "d2")
Union.apply(a, b)
Union.apply(a, a)
a.union(b.rename_field("r", "l"))
a.union(df(spark.createDataFrame([("x", 1)], "k string, v int")))
n.select_fields(["id", "s", "i"]).union(n.select_fields(["id", "d"]))
n.select_fields(["id", "r"]).union(df(spark.createDataFrame([(99, (1.5, True))], "id int, r struct<p:double,z:boolean>")))
n.select_fields(["id", "ai"]).union(df(spark.createDataFrame([(99, ["x"])], "id int, ai array<string>")))
a.mergeDynamicFrame(b, ["k"])
a.mergeDynamicFrame(df(spark.createDataFrame([(2, "new", 7.5), (9, "more", None)], "k int, l string, v double")), "k")
n.select_fields(["id", "s", "i"]).mergeDynamicFrame(df(spark.createDataFrame([(2, "n", 1)], "id int, s string, i int")), ["id", "s"])
Relationalize.apply(n.select_fields(["id", "r", "ai"]), c.path("stage"), "root").select("root")
n.select_fields(["id", "r", "ai", "ar"]).relationalize("root", str(c.own / "s")).select("root")
n.select_fields(["id", "r", "ai", "ar"]).relationalize("root", str(c.own / "s")).select("root_ai")
n.select_fields(["id", "r", "ai", "ar"]).relationalize("root", str(c.own / "s")).select("root_ar")
n.select_fields(["id", "as", "m"]).relationalize("root", str(c.own / "s")).select("root_as")
ch.relationalize("root", str(c.own / "s")).select("root")
ch.relationalize("root", str(c.own / "s")).select("root_e")
UnnestFrame.apply(n.select_fields(["id", "r", "s"]))
n.select_fields(["id", "r", "ai"]).unnest()
ch.unnest().drop_fields("e")
Unbox.apply(n.select_fields(["id", "sj"]), "sj", "json")
Unbox.apply(df(spark.createDataFrame([(1, '{{"a": 1, "b": [1, 2]}}'), (2, '{{"a": "x"}}'), (3, None), (4, "bad")], "id int, j string")), "j", "json")
Unbox.apply(df(spark.createDataFrame([(1, "1,x"), (2, "2,y")], "id int, j string")), "j", "csv", separator=",")
Unbox.apply(n.select_fields(["id", "sj"]), "sj", "json").errorsAsDynamicFrame().toDF().select("error.msg", "error.dynamicRecord")
DropNullFields.apply(n.select_fields(["id", "s", "r"]))
DropNullFields.apply(df(spark.sql("select 1 as a, cast(null as void) as b, array() as c, struct(cast(null as void) as d, 2 as e) as f")))
Filter.apply(n, lambda r: r["i2"] > 1).select_fields(["id", "i2"])
Filter.apply(n, lambda r: r["s"] == "a" or r["s2"] in ("x", "lo")).select_fields(["id"])
Filter.apply(n, lambda r: r["b"]).select_fields(["id"])
Filter.apply(n, lambda r: r["d"] > 1.0 and r["d"] is not None).select_fields(["id"])
Filter.apply(n, lambda r: r["s"] is not None and r["s"].startswith("a")).select_fields(["id"])
Filter.apply(n, lambda r: r["r"]["p"] == 1).select_fields(["id"])
Filter.apply(n, lambda r: len(r["ai"]) > 1 if r["ai"] is not None else False).select_fields(["id"])
Filter.apply(n, lambda r: sum(r["ai"] or [0]) > 2).select_fields(["id"])
Filter.apply(n, lambda r: r["i2"] > 1).errorsAsDynamicFrame().toDF().select(F.count(F.lit(1)).alias("errors"))
Filter.apply(ch, lambda r: r["p"] is not None).drop_fields("e")
Map.apply(n.select_fields(["id", "s", "i2"]), lambda r: {{"id": r["id"], "t": (r["s"] or "").upper()}})
Map.apply(n.select_fields([{PLAIN}]), lambda r: r)
Map.apply(n.select_fields(["id", "ai", "as", "r", "ar"]), lambda r: r)
Map.apply(n.select_fields(["id", "i2"]), lambda r: {{"id": r["id"], "z": r["i2"] + 1}}).select_fields(["id", "z"])
Map.apply(n.select_fields(["id", "i2"]), lambda r: {{"id": r["id"], "z": 10 // r["i2"]}}).errorsAsDynamicFrame().toDF().select(F.count(F.lit(1)).alias("errors"))
Map.apply(n.select_fields(["id", "s"]), lambda r: {{"id": r["id"], "n": sorted(set(r["s"] or ""))}})
Map.apply(n.select_fields(["id", "i"]), lambda r: {{"id": r["id"], "v": r["i"] if r["id"] % 2 else str(r["i"])}})
n.select_fields(["id", "s"]).mapPartitions(lambda rows: ({{"id": r["id"], "k": r["id"] * 2}} for r in rows))
ErrorsAsDynamicFrame.apply(n.select_fields(["id"])).toDF().select(F.count(F.lit(1)).alias("errors"))
Spigot.apply(a, str(c.own / "spigot"))
Repartition.apply(n.select_fields([{PLAIN}]), 3)
Coalesce.apply(n.select_fields([{PLAIN}]), 1)
n.select_fields(["id", "s"]).with_frame_schema(n.select_fields(["id", "s"]).schema())
spark.createDataFrame([(str(n.schema().jsonValue()),)], "s string")
spark.createDataFrame([(n.count(), n.errorsCount(), n.stageErrorsCount())], "a int, b int, c int")
glue.create_dynamic_frame.from_options("s3", {{"paths": [c.path("plain.csv")]}}, "csv", {{"withHeader": True}})
"""
)

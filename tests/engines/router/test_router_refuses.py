"""Nothing that is not on the list runs on Sail; the error names it and the way out."""

from __future__ import annotations

import os

os.environ.setdefault("SPARK_CONNECT_MODE_ENABLED", "1")

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F

from mastic.engines.router import pb
from mastic.engines.router.pb import Unproven
from mastic.engines.router.proven import committed
from mastic.engines.router.relations import Analysis

UNTOUCHED = settings(max_examples=60, deadline=None)
names = st.from_regex(r"[a-z][a-z0-9_]{0,18}", fullmatch=True)


def analyse(relation):
    return Analysis(committed()).relation(relation)


def one_row():
    relation = pb.Relation()
    relation.range.end = relation.range.step = 1
    return relation


def test_an_unproven_function_names_itself_and_the_command(routed):
    spark, _, _ = routed
    with pytest.raises(Exception, match=r"input_file_name.*mastic runtime install spark"):
        spark.range(3).select(F.input_file_name()).collect()


@UNTOUCHED
@given(names)
def test_a_function_that_is_not_on_the_list_is_refused(name):
    if any(entry.startswith(f"fn {name}(") for entry in committed().entries):
        return
    relation = pb.Relation()
    relation.project.input.CopyFrom(one_row())
    call = pb.alias(pb.function(name, pb.attribute("id")), "x")
    relation.project.expressions.add().CopyFrom(call)
    with pytest.raises(Unproven):
        analyse(relation)


@UNTOUCHED
@given(st.sampled_from(["parquet", "csv", "json", "text"]), names, names)
def test_an_option_nobody_proved_is_refused(tmp_path, kind, key, value):
    file = tmp_path / "held.csv"
    file.write_text('{"a":1}\n')
    relation = pb.Relation()
    source = relation.read.data_source
    source.format, source.schema = kind, "a string"
    source.paths.append(str(file))
    known = {"sep", "delimiter", "quote", "escape", "header", "mode", "path", "charset", "encoding", "wholetext"}
    if key in known:
        return
    source.options[key] = value
    with pytest.raises(Unproven):
        analyse(relation)


@UNTOUCHED
@given(names)
def test_a_format_nobody_proved_is_refused(name):
    if name in ("parquet", "csv", "json", "text"):
        return
    relation = pb.Relation()
    relation.read.data_source.format = name
    relation.read.data_source.paths.append("/")
    with pytest.raises(Unproven, match="read"):
        analyse(relation)


def test_fields_of_a_newer_protocol_are_refused():
    relation = one_row()
    data = relation.range.SerializeToString() + b"\xfa\x3f\x01x"  # field 1023
    newer = pb.Relation()
    newer.range.ParseFromString(data)
    with pytest.raises(Unproven, match="unknown field"):
        analyse(newer)


@pytest.mark.parametrize("kind", [f.name for f in pb.Relation.DESCRIPTOR.oneofs_by_name["rel_type"].fields])
def test_every_kind_of_relation_is_either_interpreted_or_refused(kind):
    """An empty message of each kind must never be taken for something harmless."""
    relation = pb.Relation()
    getattr(relation, kind).SetInParent()
    if kind in ("range", "project"):  # no rows, one row without columns: just what they say
        return
    with pytest.raises(Unproven):
        analyse(relation)


def test_a_setting_nobody_proved_sends_every_plan_to_spark(routed):
    spark, _, _ = routed
    spark.range(3).collect()
    spark.conf.set("spark.sql.ansi.enabled", "false")
    with pytest.raises(Exception, match=r"spark\.sql\.ansi\.enabled"):
        spark.range(3).collect()
    spark.conf.set("spark.sql.ansi.enabled", "true")
    assert spark.range(3).count() == 3


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("spark.sql.session.timeZone", "Mars/Base"),
        ("spark.sql.ansi.enabled", "perhaps"),
        ("spark.sql.shuffle.partitions", "many"),
        ("spark.sql.shuffle.partitions", "0"),
        ("spark.sql.sources.partitionOverwriteMode", "sometimes"),
    ],
)
def test_a_value_that_spark_may_refuse_is_for_spark_to_judge_at_once(routed, key, value):
    spark, _, _ = routed
    before = spark.conf.get(key)
    with pytest.raises(Exception, match=value):
        spark.conf.set(key, value)
    assert spark.conf.get(key) == before
    assert spark.range(3).count() == 3


def test_a_zone_that_is_taken_back_is_no_longer_that_of_sail(routed):
    spark, _, _ = routed
    spark.conf.set("spark.sql.session.timeZone", "Europe/Zurich")
    spark.conf.unset("spark.sql.session.timeZone")
    assert spark.sql("select hour(timestamp'1970-01-01 00:00:00Z') as h").collect() == [(0,)]


@pytest.mark.parametrize(
    "text",
    [
        "from v |> select id",
        "insert into v values (1)",
        "select id from v tablesample (10 percent)",
        "select /* +hint */ zip_with(array(1), array(1), (x, y) -> x)",
        "select id from v; select 1",
        "select id:a from v",
        "select id from v qualify row_number() over (order by id) = 1",
        "select interval 1 day",
        "select id, from v",
        "select a = b < c from (select 1 as a, 2 as b, true as c) v",
        "select id from v union select id from v intersect select id from v",
        "select !true as a",
        "select 'a' || 1 + 2 as a",
        "select id as (a) from v",
        "select id from v for update",
        "select id like any ('1') as x from v",
        "select transform(id) using 'cat' from v",
        "selekt 1",
    ],
)
def test_sql_that_is_not_translated_without_a_doubt_is_refused(routed, text):
    spark, _, _ = routed
    spark.range(3).createOrReplaceTempView("v")
    with pytest.raises(Exception, match="UNPROVEN"):
        spark.sql(text).collect()


def test_a_registered_function_comes_before_a_built_in_one(routed):
    spark, router, _ = routed
    spark.range(3).createOrReplaceTempView("v")
    spark.udf.register("upper", lambda text: "mine")
    assert [row.u for row in spark.sql("select upper('a') as u from v").collect()] == ["mine"] * 3
    assert router.counts["spark"] == 0


def test_cached_rows_of_a_function_are_left_to_spark(routed):
    from pyspark.sql import functions as F

    spark, _, _ = routed
    drawn = spark.range(3).select(F.udf(lambda i: str(i))("id").alias("s"))
    assert drawn.count() == 3
    drawn.cache()
    with pytest.raises(Exception, match="cached rows of a Python function"):
        drawn.count()
    drawn.unpersist()
    assert drawn.count() == 3


def test_what_went_where_is_counted(routed):
    spark, router, _ = routed
    spark.range(3).collect()
    spark.range(3).count()
    assert router.summary() == {"sail": 2, "spark": 0, "reasons": {}}


def test_a_client_that_leaves_does_not_start_spark(sail_address):
    import routing

    from mastic.engines.router import Router

    asked = []
    router = Router(lambda: routing.stub(sail_address), lambda: asked.append(1))
    spark = routing.connect(sail_address, router)
    assert spark.range(3).count() == 3
    spark.client._cleanup_ml_cache()
    spark.client.release_session()
    assert asked == []

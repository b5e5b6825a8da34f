"""SQL of everyday scripts on Sail alone: there is no Spark here to ask."""

import pytest
from pyspark.errors import AnalysisException

from mastic.engines.router import sql_text
from mastic.engines.router.mistakes import distance


@pytest.fixture
def spark(routed):
    session, _, _ = routed
    session.createDataFrame([(1, "a"), (2, "b"), (None, "c")], "k int, l string").createOrReplaceTempView("a")
    session.createDataFrame([(1, "A"), (None, "N")], "k int, r string").createOrReplaceTempView("b")
    return session


def values(frame):
    return sorted((tuple(row) for row in frame.collect()), key=repr)


def test_not_in_a_query_with_a_null_keeps_no_row(spark):
    assert values(spark.sql("select l from a where k not in (select k from b)")) == []
    assert values(spark.sql("select l from a where k not in (select k from b where k = 1)")) == [("b",)]
    assert values(spark.sql("select l from a where k not in (select k from b where k > 9)")) == [("a",), ("b",), ("c",)]


def test_a_correlated_count_of_nothing_is_zero(spark):
    counted = spark.sql("select l, (select count(*) from b where b.k = a.k) as c from a")
    assert values(counted) == [("a", 1), ("b", 0), ("c", 0)]


def test_a_field_of_a_struct_is_not_the_column_of_its_name(spark):
    spark.sql("select 1 as k, named_struct('k', 2) as s").createOrReplaceTempView("t")
    assert values(spark.sql("select k, s.k as sk, count(*) as c from t group by k, s.k")) == [(1, 2, 1)]
    assert values(spark.sql("select t.k, count(*) as c from t group by K")) == [(1, 1)]


@pytest.mark.parametrize(
    "query",
    [
        "select k, count(*) from t group by s.k",
        "select s.k, count(*) from t group by k",
        "select s.k from t order by k + 1",
        "select -k as k, count(*) from a group by k order by k + 1",
        "select l, max(k) as k from a group by l order by max(k)",
        "select max(struct(k, l)) from a",
        "select k, count(*) from a join b on a.k = b.k group by a.k",
        "select l from a where exists (select count(*) from b where b.k = a.k)",
        "select l from a where not exists (select max(r) from b where b.k = a.k)",
        "select l, (select count_if(r = 'A') from b where b.k = a.k) as c from a",
        "select l, (select collect_list(r) from b where b.k = a.k) as c from a",
    ],
)
def test_what_spark_reads_in_another_way_is_left_to_it(spark, query):
    spark.sql("select 1 as k, named_struct('k', 2) as s").createOrReplaceTempView("t")
    with pytest.raises(Exception, match=r"\[UNPROVEN\]"):
        spark.sql(query).collect()


def test_capitals_of_words_with_marks_in_them_are_left_to_spark(spark):
    assert values(spark.sql("select initcap('joHN dOE 2nd')")) == [("John Doe 2nd",)]
    with pytest.raises(Exception, match="capitals of words"):
        spark.sql('select initcap("o\'neil")').collect()


def test_a_correlation_of_what_does_not_vary_is_left_to_spark(spark):
    query = "select corr(x, y) as c from (select 1e0 as x, 2e0 as y union all select {}, 3e0) t"
    assert values(spark.sql(query.format("2e0"))) == [(1.0,)]
    assert values(spark.sql(query.format("cast(null as double) as x"))) == [(None,)]
    with pytest.raises(Exception, match="correlation"):
        spark.sql(query.format("1e0")).collect()


def test_statements_about_the_session_start_no_spark(spark):
    spark.sql("cache table a")
    assert spark.catalog.isCached("a")
    assert values(spark.sql("set my.own.key = some value")) == [("my.own.key", "some value")]
    assert spark.conf.get("my.own.key") == "some value"
    assert values(spark.sql("describe a")) == [("k", "int", None), ("l", "string", None)]
    assert spark.catalog.dropTempView("a") is True
    assert spark.catalog.dropTempView("a") is False


def test_a_cache_of_random_values_is_left_to_spark(spark):
    from pyspark.sql import functions as F

    spark.table("a").cache().count()
    with pytest.raises(Exception, match=r"\[UNPROVEN\].* persist"):
        spark.table("a").select(F.rand()).cache().count()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda spark: spark.table("a").select("kk"), "[`k`, `l`]. SQLSTATE: 42703"),
        (lambda spark: spark.table("a").filter("absent > 1"), "SQLSTATE: 42703; line 1 pos 0"),
        (lambda spark: spark.sql("select l,\n  absent from a"), "SQLSTATE: 42703; line 2 pos 2"),
        (lambda spark: spark.table("absent"), "`absent` cannot be found."),
        (lambda spark: spark.sql("select * from absent"), "SQLSTATE: 42P01; line 1 pos 14"),
    ],
)
def test_a_misspelt_name_is_told_without_spark(spark, make, message):
    with pytest.raises(AnalysisException) as raised:
        make(spark).collect()
    assert message in str(raised.value)
    assert raised.value.getCondition() in ("UNRESOLVED_COLUMN.WITH_SUGGESTION", "TABLE_OR_VIEW_NOT_FOUND")


@pytest.mark.parametrize(
    "make",
    [
        lambda spark: spark.table("a").select("l").filter("k > 1"),  # Spark finds k below the projection
        lambda spark: spark.sql("select l from a order by absent"),
        lambda spark: spark.sql("select a.l from a join absent x on a.k = x.k"),
    ],
)
def test_what_only_spark_can_tell_is_left_to_it(spark, make):
    with pytest.raises(Exception, match=r"\[UNPROVEN\]"):
        make(spark).collect()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"'a\'b'", "a'b"), ("'it''s'", "it's"), (r"'\\d+'", r"\d+"), (r"r'\d'", r"\d"), (r"'\u0041\101'", "AA"),
        (r"'100\%'", r"100\%"), (r"'tab\t'", "tab\t"), ("'a!,b'", "a!,b"),
    ],
)  # fmt: skip
def test_string_literals_are_read_as_spark_does(text, value):
    replaced, held = sql_text.without_literals(f"select {text} -- 'x\\'\n from `it's`")
    assert list(held.values()) == [value]
    assert replaced.endswith("-- 'x\\'\n from `it's`")


def test_distance():
    assert distance("absent", "`bin`") == 4
    assert distance("", "abc") == 3


def test_dates_by_a_format_and_nulls_among_doubles_stay_on_sail(spark):
    held = [("31/01/2024", 2.25), (None, None), ("29/02/2024", float("nan"))]
    frame = spark.createDataFrame(held, "t string, d double")
    found = frame.selectExpr("to_date(t, 'dd/MM/yyyy') as t", "isnan(d) as n", "round(d, 1) as d")
    rows = [tuple(map(str, row)) for row in found.collect()]
    assert rows == [("2024-01-31", "False", "2.3"), ("None", "False", "None"), ("2024-02-29", "True", "nan")]


@pytest.mark.parametrize("text", ["+2024-01-31", "2024-1-31", "2024-02-30", "2024-01-31 ", "0000-01-01", ""])
def test_texts_that_do_not_have_the_format_are_refused_aloud(spark, text):
    frame = spark.createDataFrame([(text,)], "t string")
    for by_format in ("to_date(t, 'yyyy-MM-dd')", "to_timestamp(t, 'yyyy-MM-dd')"):
        with pytest.raises(Exception, match=r"text that may be a|CAST_INVALID_INPUT|input is out of range"):
            frame.selectExpr(f"{by_format} as d").collect()

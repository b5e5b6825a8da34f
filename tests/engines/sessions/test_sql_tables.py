"""Where SQL names tables, and what a WHERE says about partitions."""

import pytest

from mastic.engines import catalog_views, sql_tables


def names(text):
    parsed = sql_tables.parse(text)
    return [".".join(r.parts) for r in parsed.references()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select * from t", ["t"]),
        ("SELECT a FROM db.t x JOIN `other table` y ON x.a = y.a", ["db.t", "other table"]),
        ("with c as (select * from db.t) select * from c join d on c.a = d.a", ["db.t", "d"]),
        ("select * from a where exists (select 1 from b where b.x in (select y from c))", ["a", "b", "c"]),
        ("select * from a union all select * from b", ["a", "b"]),
        ("select * from parquet.`s3://bucket/key` p, range(10)", []),
        ("create or replace temp view v as select * from db.t", ["db.t"]),
        ("explain select * from db.t", ["db.t"]),
        ("-- from x\nselect 'from y' from t /* from z */", ["t"]),
        ("select * from t lateral view explode(items) e as item", ["t"]),
        ("from t select *", ["t"]),
    ],
)
def test_the_tables_a_statement_reads(text, expected):
    assert names(text) == expected


def test_only_the_names_are_replaced():
    text = "SELECT  t.a, 'db.t' -- db.t\nFROM db.t WHERE  db.t.b > 1"
    parsed = sql_tables.parse(text)
    replaced = parsed.replaced({r.start: "v1" for r in parsed.references()})
    assert replaced == "SELECT  t.a, 'db.t' -- db.t\nFROM v1 AS `t` WHERE  t.b > 1"


def test_an_alias_is_kept():
    parsed = sql_tables.parse("select x.a from db.t as x")
    assert parsed.replaced({r.start: "v1" for r in parsed.references()}) == "select x.a from v1 as x"


def test_only_chosen_references_are_replaced():
    parsed = sql_tables.parse("select * from a join b on a.x = b.x")
    first = parsed.references()[0]
    assert parsed.replaced({first.start: "v1"}) == "select * from v1 AS `a` join b on a.x = b.x"


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("day = '2024-01-01'", "day = '2024-01-01'"),
        ("t.day >= '2024-01' and amount > 3 and hour in (1, 2)", "day >= '2024-01' AND hour IN (1, 2)"),
        ("hour between 1 and 3", "hour BETWEEN 1 AND 3"),
        ("day = '2024-01-01' or amount > 3", None),
        ("amount > 3", None),
        ("day = concat('2024', '-01')", None),
        ("day = amount", None),
        ("not (day = '2024-01-01')", None),
        ("day is null", None),
        ("day = (select max(day) from t)", None),
        ("other.day = '2024-01-01'", None),
    ],
)
def test_conditions_on_partition_keys(where, expected):
    reference = sql_tables.parse(f"select * from t where {where}").references()[0]
    found = reference.predicate_on(["day", "hour"])
    assert (found and found.lower()) == (expected and expected.lower())


def test_an_unqualified_column_of_a_join_is_not_pushed():
    reference = sql_tables.parse("select * from t join u on t.a = u.a where day = '1'").references()[0]
    assert reference.predicate_on(["day"]) is None


def test_a_qualified_column_of_a_join_is_pushed_to_its_table():
    references = sql_tables.parse("select * from t x join u on x.a = u.a where x.day = '1'").references()
    assert [r.predicate_on(["day"]) for r in references] == ["day = '1'", None]


def test_names_are_split_as_spark_does():
    assert catalog_views.split_name("db.`my.table`") == ("db", "my.table")
    assert catalog_views.split_name("`a``b`") == ("a`b",)


def test_what_does_not_parse_is_left_to_the_engine():
    assert sql_tables.parse("insert overwrite directory 's3://x' using csv select * from t") is None
    assert sql_tables.parse("select from where") is None or not sql_tables.parse("select from where").references()

"""Partition expressions: one line per case, and random ones against an oracle that shares no code with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mastic.app import App
from mastic.catalog import partitions
from mastic.catalog.partition_values import HIVE_NULL, kind_of, sort_key
from mastic.protocol.errors import InvalidInputException

KEYS = (("s", "string"), ("n", "int"), ("d", "date"), ("t", "timestamp"), ("m", "decimal(20,4)"), ("b", "boolean"))
ROWS = [
    ["a", "1", "2026-01-01", "2026-01-01 00:00:00", "1.50", "true"],
    ["b", "02", "2026-01-02", "2026-01-01 10:30:00", "-1.5", "false"],
    ["B_1", "10", "2025-12-31", "2026-01-01 10:30:00.25", "0", "TRUE"],
    ["it's", "-5", "2026-01-10", "2025-06-01 23:59:59", "1000000.0001", "false"],
    ["50%", "-50", HIVE_NULL, HIVE_NULL, HIVE_NULL, HIVE_NULL],
    [HIVE_NULL, HIVE_NULL, "1999-05-05", "1970-01-01 00:00:00", "-0.0001", "true"],
    ["c:\\x", "0", "2026-02-01", "2026-02-01", "99999999999999.9999", "false"],
    ["*[?]", "2147483647", "0001-01-01", "9999-12-31 23:59:59.999999", "-99999999999999", "true"],
    ["Zürich", "100", "2026-01-01", "2026-01-01T10:30:00Z", "2", "false"],
]


@pytest.fixture
def table(app: App, make_table) -> App:
    """The app, with the partitions of ROWS in `sales.orders`."""
    make_table(*KEYS)
    assert partitions.create_many(app, "sales", "orders", [{"Values": row} for row in ROWS]) == []
    return app


def chosen(app: App, expression: str) -> list[int]:
    found, _ = partitions.page(app, "sales", "orders", expression=expression, limit=100)
    return [ROWS.index(partition["Values"]) for partition in found]


@pytest.mark.parametrize(
    ("expression", "rows"),
    [
        ("", [0, 1, 2, 3, 4, 5, 6, 7, 8]),
        ("  ", [0, 1, 2, 3, 4, 5, 6, 7, 8]),
        ("1 = 1", [0, 1, 2, 3, 4, 5, 6, 7, 8]),
        ("1 = 1 and 'x' = 'y'", []),
        ("s = 'a'", [0]),
        ("S = 'a'", [0]),
        ("s == 'a'", [0]),
        ('s = "a"', [0]),
        ("`s` = 'a'", [0]),
        ("\"s\" = 'a'", [0]),
        ("'a' = s", [0]),
        ("s = 'A'", []),
        ("s = 'it''s'", [3]),
        ("s = 'c:\\x'", [6]),
        ("s > 'a'", [1, 3, 6]),
        ("'a' < s", [1, 3, 6]),
        ("s <> 'a'", [1, 2, 3, 4, 6, 7, 8]),
        ("not s = 'a'", [1, 2, 3, 4, 6, 7, 8]),
        ("s != 'a' and s != 'b'", [2, 3, 4, 6, 7, 8]),
        ("s is null", [5]),
        ("s is not null and n is null", []),
        (f"s = '{HIVE_NULL}'", [5]),
        (f"s in ('a', '{HIVE_NULL}')", [0, 5]),
        ("s like 'b%'", [1]),
        ("s like 'B\\_1'", [2]),
        ("s like '_'", [0, 1]),
        ("s like '%\\%'", [4]),
        ("s like '*[?]'", [7]),
        ("s like 'Z_rich'", [8]),
        ("s not like '%_%'", []),
        ("s not like 'a'", [1, 2, 3, 4, 6, 7, 8]),
        ("n = 2", [1]),
        ("n = '2'", [1]),
        ("n = 2.0", [1]),
        ("n > 9", [2, 7, 8]),
        ("n < 0", [3, 4]),
        ("n >= -5 and n <= 1.5", [0, 3, 6]),
        ("n between -5 and 2", [0, 1, 3, 6]),
        ("n between 2 and -5", []),
        ("n not between -5 and 2", [2, 4, 7, 8]),
        ("n in (1, 10, '02')", [0, 1, 2]),
        ("n not in (1, 10, 2)", [3, 4, 6, 7, 8]),
        ("(n) in (1)", [0]),
        ("d = '2026-01-01'", [0, 8]),
        ("d > date '2026-01-01'", [1, 3, 6]),
        ("d >= '2026-1-2'", [1, 3, 6]),
        ("d < '1999-05-05 00:00:01'", [5, 7]),
        ("t > '2026-01-01 10:30:00'", [2, 6, 7]),
        ("t = '2026-01-01T10:30:00'", [1, 8]),
        ("t = timestamp '2026-01-01 11:30:00+01:00'", [1, 8]),
        ("t = '2026-02-01 00:00:00.000'", [6]),
        ("t >= d", [0, 2, 6, 7, 8]),
        ("m > 1.4999 and m < 1.5001", [0]),
        ("m < 0", [1, 5, 7]),
        ("m = '1.5000'", [0]),
        ("b = true", [0, 2, 5, 7]),
        ("b = 'false'", [1, 3, 6, 8]),
        ("b <> true", [1, 3, 6, 8]),
        ("s = 'a' or n = 10 and d = '2025-12-31'", [0, 2]),
        ("(s = 'a' or n = 10) and d = '2025-12-31'", [2]),
        ("not (s = 'a' or n = 10 or s is null)", [1, 3, 4, 6, 7, 8]),
        (" or ".join(["s = 'a'"] * 180), [0]),
    ],
)
def test_what_an_expression_chooses(table: App, expression: str, rows: list[int]) -> None:
    assert chosen(table, expression) == rows


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("x = 1", "'x' at position 1 names no partition key of this table; its partition keys: b, d, m, n, s, t"),
        ("s = 'a' and x = 1", "'x' at position 13"),
        ("`x` = 1", "names no partition key"),
        ("n = 'abc'", "'abc' is not a int, the type of partition key 'n'"),
        ("n = true", "'true' is not a int"),
        ("d = 'yesterday'", "'yesterday' is not a date"),
        ("d = '2026-02-30'", "'2026-02-30' is not a date"),
        ("b = 'maybe'", "'maybe' is not a boolean"),
        ("s", "is not a condition"),
        ("s = ", "cannot be parsed"),
        ("s = 'open", "cannot be parsed"),
        ("s = 'a' n = 1", "cannot be parsed"),
        ("s = 'a'; n = 1", "must be one condition"),
        ("drop table x", "cannot be parsed"),
        ("s = null", "is never true; write IS NULL"),
        ("s > n", "compares string with int"),
        ("1 = 'x'", "compares a string with a number"),
        ("n like '1%'", "LIKE needs a string"),
        ("s like any ('a')", "is not supported"),
        ("s ilike 'a'", "is not supported"),
        ("s like 'a' escape '!'", "is not supported"),
        ("s rlike 'a'", "is not supported"),
        ("s in ()", "empty list"),
        ("s in (select 1)", "is not supported with 'query'"),
        ("upper(s) = 'A'", "is not supported"),
        ("n + 1 = 2", "is not supported"),
        ("cast(n as string) = '1'", "is not a value"),
        ("sales.s = 'a'", "is not supported with 'table'"),
        ("s is true", "IS NULL or IS NOT NULL"),
        ("case when n = 1 then true end", "is not supported"),
        (f"s > '{HIVE_NULL}'", "which is NULL"),
        ("(" * 900 + "n = 1" + ")" * 900, "nested too deeply"),
    ],
)
def test_what_is_refused_says_what_and_where(table: App, expression: str, said: str) -> None:
    with pytest.raises(InvalidInputException) as caught:
        chosen(table, expression)
    assert said in caught.value.message


def test_keys_may_be_called_as_sql_words_are(app: App, make_table) -> None:
    words = ("date", "order", "from", "timestamp", "case", "select", "end")
    make_table(*((word, "string") for word in words))
    partitions.create(app, "sales", "orders", {"Values": list(words)})
    for word in words:
        found, _ = partitions.page(app, "sales", "orders", expression=f"{word} = '{word}' and date > 'a'", limit=9)
        assert len(found) == 1


def test_a_key_of_a_type_without_order_cannot_be_compared(app: App, make_table) -> None:
    make_table(("x", "array<int>"))
    partitions.create(app, "sales", "orders", {"Values": ["[1]"]})
    with pytest.raises(InvalidInputException, match="type array<int>, which no expression can compare"):
        partitions.page(app, "sales", "orders", expression="x = 1", limit=9)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6), st.decimals(allow_nan=False, places=3))
def test_numbers_order_as_numbers(a: Decimal, b: Decimal) -> None:
    x, y = sort_key("number", str(a)), sort_key("number", str(b))
    assert x is not None and y is not None
    assert (x < y, x == y) == (a < b, a == b)


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_floats_order_as_floats(a: float, b: float) -> None:
    x, y = sort_key("number", repr(a)), sort_key("number", repr(b))
    assert x is not None and y is not None
    assert (x < y, x == y) == (Decimal(a) < Decimal(b), a == b) or Decimal(repr(a)) != Decimal(a)


@given(st.datetimes(), st.datetimes())
def test_times_order_as_times(a: datetime, b: datetime) -> None:
    x, y = sort_key("time", str(a)), sort_key("time", b.isoformat())
    assert x is not None and y is not None
    assert (x < y, x == y) == (a < b, a == b)


@given(st.text(max_size=12))
def test_any_text_has_a_key_or_is_refused(text: str) -> None:
    for kind in ("number", "time", "boolean", "text"):
        try:
            sort_key(kind, text)  # type: ignore[arg-type]
        except ValueError:
            continue


@pytest.mark.parametrize(
    ("name", "kind"), [("decimal(10,2)", "number"), ("VARCHAR(5)", "text"), ("map<a,b>", "opaque")]
)
def test_kinds(name: str, kind: str) -> None:
    assert kind_of(name) == kind


# The oracle: a tree that renders itself as SQL and decides by Python's values, in three-valued logic.


@dataclass(frozen=True)
class Node:
    """A random condition: its SQL, and what it says of a row (None: unknown)."""

    sql: str
    holds: Any


def python_value(type_name: str, value: str) -> Any:
    if value == HIVE_NULL:
        return None
    return {"string": str, "int": int, "date": date.fromisoformat, "decimal(20,4)": Decimal}[type_name](value)


LITERALS = {
    "s": st.sampled_from([row[0] for row in ROWS[:5]] + ["", "z", "A"]),
    "n": st.integers(-60, 120).map(str),
    "d": st.dates(date(2025, 12, 1), date(2026, 2, 28)).map(str),
    "m": st.decimals(-3, 3, places=2).map(str),
}
TYPES = dict(KEYS)
OPERATORS = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


@st.composite
def leaf(draw) -> Node:
    key = draw(st.sampled_from(sorted(LITERALS)))
    at = [name for name, _ in KEYS].index(key)
    values = draw(st.lists(LITERALS[key], min_size=2, max_size=4))
    wanted = [python_value(TYPES[key], value) for value in values]
    shown = [quoted(v) if key in "sd" or draw(st.booleans()) else v for v in values]

    def of(row: list[str]) -> Any:
        return python_value(TYPES[key], row[at])

    def known(decide: Any) -> Any:
        return lambda row: None if of(row) is None else decide(of(row))

    form = draw(st.sampled_from(["compare", "mirrored", "in", "between", "null", "like"]))
    negated = draw(st.booleans())
    if form == "compare":
        operator = draw(st.sampled_from(sorted(OPERATORS)))
        return Node(f"{key} {operator} {shown[0]}", known(lambda v: OPERATORS[operator](v, wanted[0])))
    if form == "mirrored":
        operator = draw(st.sampled_from(sorted(OPERATORS)))
        return Node(f"{shown[0]} {operator} {key}", known(lambda v: OPERATORS[operator](wanted[0], v)))
    word = "NOT " if negated else ""
    if form == "in":
        return Node(f"{key} {word}IN ({', '.join(shown)})", known(lambda v: (v in wanted) != negated))
    if form == "between":
        sql = f"{key} {word}BETWEEN {shown[0]} AND {shown[1]}"
        return Node(sql, known(lambda v: (wanted[0] <= v <= wanted[1]) != negated))
    if form == "null":
        return Node(f"{key} IS {word}NULL", lambda row: (of(row) is None) != negated)
    prefix = draw(st.sampled_from(["a", "b", "it", "Z", "c:", "5"]))

    def s_of(row: list[str]) -> Any:
        return python_value("string", row[0])

    return Node(
        f"s {word}LIKE {quoted(prefix + '%')}",
        lambda row: None if s_of(row) is None else s_of(row).startswith(prefix) != negated,
    )


def combined(children: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    def both(operator: str, a: Node, b: Node) -> Node:
        decisive = operator == "OR"

        def holds(row: list[str]) -> Any:
            found = [a.holds(row), b.holds(row)]
            return decisive if decisive in found else (None if None in found else not decisive)

        return Node(f"({a.sql}) {operator} ({b.sql})", holds)

    def negation(a: Node) -> Node:
        return Node(f"NOT ({a.sql})", lambda row: None if a.holds(row) is None else not a.holds(row))

    return st.builds(both, st.sampled_from(["AND", "OR"]), children, children) | st.builds(negation, children)


@settings(max_examples=250, deadline=None)
@given(st.recursive(leaf(), combined, max_leaves=6))
def test_any_expression_chooses_what_the_oracle_does(table: App, node: Node) -> None:
    assert chosen(table, node.sql) == [at for at, row in enumerate(ROWS) if node.holds(row) is True]

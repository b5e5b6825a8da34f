"""Which side of a join Sail holds in memory: the smaller, wherever the order of columns does not show."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import functions as F

EVENTS = [(n, n % 7, n * 10) for n in range(500)]
USERS = [(0, "a"), (3, "b"), (9, "c")]


@pytest.fixture
def tables(routed: Any) -> tuple[Any, Any, list[Any]]:
    """`events` and the much smaller `users`, as files; the plans that were sent to Sail."""
    spark, router, root = routed
    folder = root / "data"
    spark.createDataFrame(EVENTS, "id int, user int, value int").write.parquet(f"{folder}/events")
    spark.createDataFrame(USERS, "user int, name string").write.parquet(f"{folder}/users")
    sent: list[Any] = []
    stream = router.stream

    def recorded(engine: str, session: Any, request: Any, **call: Any) -> Any:
        sent.append(request.plan.root)
        return stream(engine, session, request, **call)

    router.stream = recorded
    return spark.read.parquet(f"{folder}/events"), spark.read.parquet(f"{folder}/users"), sent


def joined(relation: Any) -> Any:
    """The join of a plan."""
    kind = relation.WhichOneof("rel_type")
    return relation.join if kind == "join" else joined(getattr(relation, kind).input)


def left_folder(sent: list[Any]) -> str:
    """What the table in memory is made of."""
    relation = joined(sent[-1]).left
    while relation.WhichOneof("rel_type") != "read":
        relation = getattr(relation, relation.WhichOneof("rel_type")).input
    return relation.read.data_source.paths[0].split("/data/")[1].split("/")[0]


def expected(kind: str) -> list[tuple[Any, ...]]:
    """(id, user of the event, user of the user, name), by hand."""
    rows: list[tuple[Any, ...]] = [(i, u, v, n) for i, u, _ in EVENTS for v, n in USERS if u == v]
    if kind in ("left", "full"):
        rows += [(i, u, None, None) for i, u, _ in EVENTS if u not in dict(USERS)]
    if kind in ("right", "full"):
        rows += [(None, None, v, n) for v, n in USERS if v >= 7]
    return sorted(rows, key=repr)


def values(frame: Any) -> list[tuple[Any, ...]]:
    return sorted((tuple(row) for row in frame.collect()), key=repr)


@pytest.mark.parametrize("kind", ["inner", "left", "right", "full"])
def test_the_smaller_side_is_held_whichever_way_it_is_written(tables, kind):
    events, users, sent = tables
    columns = (events.id, events.user.alias("e"), users.user.alias("u"), users.name)
    written = events.join(users, events.user == users.user, kind).select(*columns)
    mirrored = {"left": "right", "right": "left"}.get(kind, kind)
    other = users.join(events, events.user == users.user, mirrored).select(*columns)
    for frame in (written, other):
        assert values(frame) == expected(kind)
        assert left_folder(sent) == "users"


@pytest.mark.parametrize("kind", ["inner", "left", "right", "full"])
def test_joins_using_names_keep_the_side_the_name_comes_from(tables, kind):
    events, users, sent = tables
    frame = events.join(users, "user", kind).groupBy("user").agg(F.count("id").alias("n"))
    wanted: dict[Any, int] = {}
    for i, e, u, _ in expected(kind):
        wanted[e if e is not None else u] = wanted.get(e if e is not None else u, 0) + (i is not None)
    assert values(frame) == sorted(wanted.items(), key=repr)
    assert left_folder(sent) == "users"


def test_columns_stay_in_their_order_where_all_are_shown(tables):
    events, users, sent = tables
    frame = events.join(users, events.user == users.user)
    assert frame.columns == ["id", "user", "value", "user", "name"]
    assert values(frame)[0] == (0, 0, 0, 0, "a")
    assert left_folder(sent) == "events"
    starred = events.alias("e").join(users.alias("u"), F.col("e.user") == F.col("u.user")).select("u.*", "e.id")
    assert starred.columns == ["user", "name", "id"]
    assert values(starred)[0] == (0, "a", 0)
    assert left_folder(sent) == "users"


def test_semi_and_anti_joins_have_one_side_to_give(tables):
    events, users, sent = tables
    kept = events.join(users, "user", "left_semi").select("id")
    assert len(values(kept)) == len([1 for _, u, _ in EVENTS if u in dict(USERS)])
    assert joined(sent[-1]).join_type == 6


def test_sizes_are_those_of_all_inputs(tables):
    """The larger side is a union; the smaller one a join of its own."""
    events, users, sent = tables
    twice = events.unionAll(events)
    names = users.join(users.select(F.col("user").alias("again")), F.col("user") == F.col("again"))
    frame = twice.join(names, "user").select("id", "name")
    assert len(values(frame)) == 2 * len(expected("inner"))
    assert joined(sent[-1]).left.WhichOneof("rel_type") == "join"

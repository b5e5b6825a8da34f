"""Rows through RDDs and back: parallelize, map, toDF with a schema, groupByKey, DynamicFrame.fromDF."""

import json

from script_case import Case, Run, World

CASE = Case()
ROOT = "s3://rdd-rows-data"


def given(world: World) -> None:
    def event(channel: str, **payload: object) -> dict[str, object]:
        return {"channel": channel, "payload": json.dumps(payload)}

    world.put_json(
        f"{ROOT}/events/e.json",
        event("web", sku="a", quantity=3), event("shop", sku="b"), event("web", sku="b", quantity=4),
        event("web", sku="unknown", quantity=9),
    )  # fmt: skip


def expect(world: World, run: Run) -> None:
    assert "[('a', 6.0), ('b', 2.5)]" in run.output
    assert world.read_rows(f"{ROOT}/totals/", "json") == [{"sku": "a", "amount": 6.0}, {"sku": "b", "amount": 2.5}]
    assert world.read_rows(f"{ROOT}/parsed/", "parquet") == [
        {"sku": "a", "quantity": 3, "channel": "WEB"},
        {"sku": "b", "quantity": 1, "channel": "SHOP"},
        {"sku": "b", "quantity": 4, "channel": "WEB"},
        {"sku": "unknown", "quantity": 9, "channel": "WEB"},
    ]

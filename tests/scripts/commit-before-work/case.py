"""Commit first: what is read after it is never bookmarked; JOB_RUN_ID comes unasked, JOB_NAME does not."""

from decimal import Decimal

from script_case import Case, Run, World

CASE = Case(arguments={"--job-bookmark-option": "job-bookmark-enable"})
OUT = "s3://commit-before-work/out/"


def given(world: World) -> None:
    world.put_json(
        "s3://commit-before-work/in/prices.json",
        {"sku": "a", "price": "1.5"}, {"sku": "a", "price": "1.50"}, {"sku": "b", "price": None},
    )  # fmt: skip


def expect(world: World, run: Run) -> None:
    a, b = {"sku": "a", "price": Decimal("1.50")}, {"sku": "b", "price": None}
    assert world.read_rows(OUT, "parquet") == [a, b]
    assert world.schema(OUT)["price"] == "decimal128(8, 2)"
    assert run.output[:1] == ["run id given: True and name: False"]
    assert world.run().state == "SUCCEEDED"
    assert world.read_rows(OUT, "parquet") == [a, a, b, b], "the second run read the same file"

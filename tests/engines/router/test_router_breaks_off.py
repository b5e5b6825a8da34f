"""A thread of Sail that dies says nothing, its answer just stops: it explodes no map whose values are never NULL."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import functions as F

from mastic.engines.router.router import SAIL


def maps(spark: Any) -> Any:
    never_null = pa.map_(pa.string(), pa.field("value", pa.int32(), nullable=False))
    return spark.createDataFrame(pa.Table.from_pylist([{"m": {"a": 1}}], pa.schema([("m", never_null)])))


def test_an_answer_that_breaks_off_is_an_error(routed):
    spark, router, _ = routed
    with pytest.raises(Exception, match="broke off"):
        maps(spark).select(F.explode("m")).collect()
    assert router.counts["sail"] == 0


def test_a_write_that_breaks_off_leaves_nothing(routed, tmp_path: Path):
    spark, _, root = routed
    rows = maps(spark)
    with pytest.raises(Exception, match="broke off"):
        rows.select(F.explode("m")).write.parquet(f"{root}/data/t")
    assert not (Path(root) / "data" / "t").exists()
    rows.select("m").write.parquet(f"{root}/data/t")
    assert spark.read.parquet(f"{root}/data/t").count() == 1


class Cut:
    """Sail whose answers stop after a while, and what it was told."""

    def __init__(self, stub: Any, after: int | None) -> None:
        self._stub = stub
        self._after = after
        self.released: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stub, name)

    def ExecutePlan(self, request: Any, **call: Any) -> Any:
        return itertools.islice(self._stub.ExecutePlan(request, **call), self._after)

    def ReleaseExecute(self, request: Any, **call: Any) -> Any:
        self.released.append(request)
        return self._stub.ReleaseExecute(request, **call)


@pytest.mark.parametrize("after", [0, 1, 2, 13])
def test_rows_that_came_are_no_sign_of_the_end(routed, after: int):
    spark, router, _ = routed
    rows = spark.range(100_000)
    assert rows.count() == 100_000
    router._stubs[SAIL] = Cut(router.stub(SAIL), after)
    with pytest.raises(Exception, match="broke off"):
        rows.collect()


def test_what_has_arrived_is_not_kept(routed):
    spark, router, _ = routed
    spark.range(1).collect()
    router._stubs[SAIL] = sail = Cut(router.stub(SAIL), None)
    assert len(spark.range(300_000).toArrow()) == 300_000
    assert len([each for each in sail.released if each.HasField("release_until")]) > 3
    assert sail.released[-1].HasField("release_all")
    sail.released.clear()
    left = spark.range(300_000).toLocalIterator()
    next(left)
    left.close()
    with pytest.raises(Exception, match="Int8"):
        spark.range(200, 300).selectExpr("cast(id as tinyint)").collect()
    assert [each.HasField("release_all") for each in sail.released] == [True, True]

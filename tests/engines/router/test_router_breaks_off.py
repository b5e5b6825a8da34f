"""A thread of Sail that dies says nothing, its answer just stops: it explodes no map whose values are never NULL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import functions as F

from mastic.engines.router import pb
from mastic.engines.router.router import ask_for_the_end


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


def test_the_end_is_asked_for_of_commands():
    command, query = pb.base.ExecutePlanRequest(), pb.base.ExecutePlanRequest()
    command.plan.command.SetInParent()
    query.plan.root.SetInParent()
    query.request_options.add().reattach_options.reattachable = True
    for request in (command, query):
        ask_for_the_end(request)
    assert command.operation_id and command.request_options[0].reattach_options.reattachable
    assert not query.request_options

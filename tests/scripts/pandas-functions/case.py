"""pandas_udf, a grouped aggregate, applyInPandas and mapInPandas."""

from script_case import Case, Run, World

CASE = Case(arguments={"--bucket": "pandas-functions"})
ROOT = "s3://pandas-functions"


def given(world: World) -> None:
    import pyarrow as pa

    hours = pa.array([0, 1, 2], pa.int32())
    table = pa.table({"sensor": ["a", "a", "b"], "hour": hours, "celsius": [1.0, 3.0, 10.0]})
    world.put_parquet(f"{ROOT}/readings/r.parquet", table)


def expect(world: World, run: Run) -> None:
    assert world.read_rows(f"{ROOT}/kelvin/", "parquet") == [
        {"sensor": "a", "hour": 0, "celsius": 1.0, "kelvin": 274.15},
        {"sensor": "a", "hour": 1, "celsius": 3.0, "kelvin": 276.15},
        {"sensor": "b", "hour": 2, "celsius": 10.0, "kelvin": 283.15},
    ]
    assert world.read_rows(f"{ROOT}/spread/", "parquet") == [
        {"sensor": "a", "spread": 2.0}, {"sensor": "b", "spread": 0.0},
    ]  # fmt: skip
    assert world.read_rows(f"{ROOT}/centred/", "parquet") == [
        {"sensor": "a", "hour": 0, "delta": -1.0},
        {"sensor": "a", "hour": 1, "delta": 1.0},
        {"sensor": "b", "hour": 2, "delta": 0.0},
    ]
    assert run.output[:1] == ["[('a', 0), ('b', 2)]"]

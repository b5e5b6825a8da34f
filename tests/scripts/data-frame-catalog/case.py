"""create_data_frame.from_catalog with a predicate, from_options, fromDF and toDF, write_data_frame.from_catalog."""

from decimal import Decimal

from script_case import Case, Run, World

CASE = Case(arguments={"--database": "data_frame_catalog", "--job-bookmark-option": "job-bookmark-disable"})
ROOT = "s3://data-frame-catalog"


def given(world: World) -> None:
    import pyarrow as pa

    columns = {"id": "int", "currency": "string", "volume": "bigint"}
    world.table("data_frame_catalog", "trades", f"{ROOT}/trades/", columns, "parquet", {"day": "string"})
    days = {"2026-02-01": (3, "GBP", 10), "2026-02-02": (1, "USD", 100), "2026-02-03": (2, "EUR", 50)}
    for day, (id, currency, volume) in days.items():
        world.partition("data_frame_catalog", "trades", day)
        table = pa.table({"id": pa.array([id], pa.int32()), "currency": [currency], "volume": [volume]})
        world.put_parquet(f"{ROOT}/trades/day={day}/t.parquet", table)
    valued = {"id": "int", "units": "bigint", "euro": "decimal(12,3)"}
    world.table("data_frame_catalog", "valued", f"{ROOT}/valued/", valued, "parquet", {"day": "string"})
    world.put_csv(f"{ROOT}/rates/r.csv", ["currency", "rate"], ["USD", 0.925], ["EUR", 1.0], ["GBP", 1.15])


def expect(world: World, run: Run) -> None:
    assert run.output[:3] == [
        "DataFrame ['id', 'currency', 'volume', 'day']", "1 100 92.500 2026-02-02", "2 50 50.000 2026-02-03",
    ]  # fmt: skip
    assert world.read_rows(f"{ROOT}/valued/", "parquet") == [
        {"id": 1, "units": 100, "euro": Decimal("92.500"), "day": "2026-02-02"},
        {"id": 2, "units": 50, "euro": Decimal("50.000"), "day": "2026-02-03"},
    ]
    assert world.partitions("data_frame_catalog", "valued") == [("2026-02-02",), ("2026-02-03",)]

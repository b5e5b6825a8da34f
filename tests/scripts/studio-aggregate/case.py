"""Studio's Aggregate node with and without groups; the columns it makes are called like calls."""

import pyarrow as pa

from script_case import Case, Run, World

CASE = Case()
BUCKET = "s3://studio-aggregate"


def given(world: World) -> None:
    rows = [
        {"trip": 1, "zone": "north", "paid_by": "card", "fare": 10.5, "distance": 4, "driver": "a"},
        {"trip": 2, "zone": "north", "paid_by": "card", "fare": 0.25, "distance": 2, "driver": "b"},
        {"trip": 3, "zone": "north", "paid_by": None, "fare": 3.0, "distance": 9, "driver": "a"},
        {"trip": 4, "zone": "south", "paid_by": "cash", "fare": None, "distance": 7, "driver": "a"},
        {"trip": None, "zone": "south", "paid_by": "cash", "fare": 3.0, "distance": None, "driver": "a"},
    ]
    fields = [("trip", pa.int64()), ("zone", pa.string()), ("paid_by", pa.string()), ("fare", pa.float64())]
    fields += [("distance", pa.int32()), ("driver", pa.string())]
    schema = pa.schema(fields)
    world.put_parquet(f"{BUCKET}/trips/month=1/a.parquet", pa.Table.from_pylist(rows[:2], schema))
    world.put_parquet(f"{BUCKET}/trips/month=2/b.parquet", pa.Table.from_pylist(rows[2:], schema))


def expect(world: World, run: Run) -> None:
    names = ["zone", "paid_by", "average_fare", "total_fare", "max_fare", "shortest", "trips", "drivers"]
    expected = [
        ["north", "", "3.0", "3.0", "3.0", "9", "1", "1"],
        ["north", "card", "5.375", "10.75", "10.5", "2", "2", "2"],
        ["south", "cash", "3.0", "3.0", "3.0", "7", "1", "1"],
    ]
    rows = world.read_rows(f"{BUCKET}/by_zone/", "csv")
    assert rows == [dict(zip(names, row, strict=True)) for row in expected]
    (total,) = world.read_rows(f"{BUCKET}/total/", "json")
    deviation = total.pop("stddev_samp(distance)")
    assert abs(deviation - 3.1091263510296048) < 1e-12
    assert total == {"sum(fare)": 16.75, "count(trip)": 4, "sum(DISTINCT fare)": 13.75}

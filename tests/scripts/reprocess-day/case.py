"""Dynamic partition overwrite: the day is replaced, the other stays, and an append adds to it."""

from script_case import Case, Run, World

CASE = Case(arguments={"--BUCKET": "reprocess-day", "--PROCESS_DATE": "2026-03-02"})
EVENTS = "s3://reprocess-day/events/"


def given(world: World) -> None:
    import pyarrow as pa

    def old(day: str, *ids: int) -> None:
        table = pa.table({
            "id": pa.array(ids, pa.int32()), "status": ["ok"] * len(ids), "value": [0.0] * len(ids)
        })  # fmt: skip
        world.put_parquet(f"{EVENTS}day={day}/part-00000-old.snappy.parquet", table)

    old("2026-03-01", 1)
    old("2026-03-02", 2, 3)
    rows = [(2, "ok", 1.25), (3, "bad", 9.0), (4, "late", 2.0)]
    world.put_csv("s3://reprocess-day/incoming/2026-03-02/a.csv", ["id", "status", "value"], *rows)


def expect(world: World, run: Run) -> None:
    assert world.read_rows(EVENTS, "parquet") == [
        {"id": 1, "status": "ok", "value": 0.0, "day": "2026-03-01"},
        {"id": 2, "status": "ok", "value": 1.25, "day": "2026-03-02"},
        {"id": 4, "status": "late", "value": 2.0, "day": "2026-03-02"},
        {"id": 99, "status": "ok", "value": 1.5, "day": "2026-03-01"},
    ]
    assert world.schema(EVENTS) == {"id": "int32", "status": "string", "value": "double"}
    assert world.keys(EVENTS).count("day=2026-03-01/part-00000-old.snappy.parquet") == 1
    assert world.keys(EVENTS).count("day=2026-03-02/part-00000-old.snappy.parquet") == 0
    assert [line for line in run.output if line.startswith("2026")] == ["2026-03-01: 2", "2026-03-02: 2"]
    assert any(line.endswith("INFO GlueLogger: 2 of 3 events are kept") for line in run.errors)

"""A watermark in S3: three runs, of which the last finds nothing new."""

import json
from datetime import UTC, datetime

from script_case import Case, Run, World

CASE = Case(arguments={"--bucket": "watermark-load"})
ROOT = "s3://watermark-load"


def given(world: World) -> None:
    rows = [1, "2026-01-01 10:00:00"], [2, "2026-01-02 00:00:00"]
    world.put_csv(f"{ROOT}/source/a.csv", ["id", "updated_at"], *rows)


def expect(world: World, run: Run) -> None:
    assert run.output[:2] == ["from 1900-01-01 00:00:00", "to 2026-01-02 00:00:00 rows 2"]
    world.put_csv(f"{ROOT}/source/b.csv", ["id", "updated_at"], [3, "2026-01-03 12:30:00"])
    assert world.run().output[:2] == ["from 2026-01-02 00:00:00", "to 2026-01-03 12:30:00 rows 1"]
    assert world.run().output[:2] == ["from 2026-01-03 12:30:00", "nothing new"]
    assert world.read_rows(f"{ROOT}/target/", "parquet") == [
        {"id": "1", "updated_at": datetime(2026, 1, 1, 10, tzinfo=UTC), "load_day": "20260101"},
        {"id": "2", "updated_at": datetime(2026, 1, 2, tzinfo=UTC), "load_day": "20260102"},
        {"id": "3", "updated_at": datetime(2026, 1, 3, 12, 30, tzinfo=UTC), "load_day": "20260103"},
    ]
    assert json.loads(world.get(f"{ROOT}/state/watermark.json")) == {"updated_at": "2026-01-03 12:30:00"}

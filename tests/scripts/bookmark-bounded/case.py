"""Workload partitioning: each run takes at most so many files, oldest first, until all are read once."""

import time

from script_case import Case, Run, World

CASE = Case(arguments={"--job-bookmark-option": "job-bookmark-enable", "--bounded-files": "2"})
BUCKET = "s3://bookmark-bounded"


def given(world: World) -> None:
    world.database("bounded")
    for number in range(1, 6):
        world.put_json(f"{BUCKET}/in/{9 - number}/{number}.json", {"id": number, "name": f"n{number}"})
        time.sleep(0.01)  # modification times tell them apart


def expect(world: World, run: Run) -> None:
    def ids() -> list[int]:
        return [row["id"] for row in world.read_rows(f"{BUCKET}/out/", "parquet")]

    assert ids() == [1, 2]
    assert world.run().state == "SUCCEEDED"
    assert ids() == [1, 2, 3, 4]
    assert world.run(bounded_files="10").state == "SUCCEEDED"
    assert ids() == [1, 2, 3, 4, 5]
    assert world.run().state == "SUCCEEDED"
    assert ids() == [1, 2, 3, 4, 5]
    assert world.columns("bounded", "out") == {"id": "bigint", "name": "string"}

"""Without init there is no bookmark, although the job has it enabled: every run reads everything."""

import pytest

from script_case import Case, Run, World

CASE = Case(arguments={"--job-bookmark-option": "job-bookmark-enable"})
ROOT = "s3://commit-without-init"


def given(world: World) -> None:
    world.put_csv(f"{ROOT}/in/a.csv", ["id", "name"], [1, "ä"], separator=";")
    world.put_csv(f"{ROOT}/in/deep/er/b.csv", ["id", "name"], [2, "b,c"], separator=";")


def expect(world: World, run: Run) -> None:
    rows = [{"id": "1", "name": "ä"}, {"id": "2", "name": "b,c"}]
    assert world.read_rows(f"{ROOT}/out/", "parquet") == rows
    assert run.output[:3] == ["root", "|-- id: string", "|-- name: string"]
    assert world.run().state == "SUCCEEDED"
    assert world.read_rows(f"{ROOT}/out/", "parquet") == [rows[0], rows[0], rows[1], rows[1]]
    with pytest.raises(world.glue.exceptions.EntityNotFoundException):
        world.glue.get_job_bookmark(JobName=world.job)

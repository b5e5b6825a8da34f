"""WORKFLOW_NAME and WORKFLOW_RUN_ID as arguments; TempDir without being asked for; optional arguments."""

from script_case import Case, Run, World

CASE = Case(
    arguments={
        "--WORKFLOW_NAME": "nightly", "--WORKFLOW_RUN_ID": "wr_0123", "--limit": "3",
        "--TempDir": "s3://workflow-step-out/tmp/", "--job-bookmark-option": "job-bookmark-disable",
    }
)  # fmt: skip
OUT = "s3://workflow-step-out/nightly/wr_0123/"


def given(world: World) -> None:
    world.bucket("workflow-step-out")


def expect(world: World, run: Run) -> None:
    def rows(limit: int) -> list[dict[str, object]]:
        return [{"n": n, "workflow": "nightly", "run_id": "wr_0123"} for n in range(limit)]

    assert world.read_rows(OUT, "json") == rows(3)
    assert run.output[:2] == ["limit 3 mode overwrite region None", "temp dir s3://workflow-step-out/tmp/"]
    other = world.run(limit="5", region="eu")
    assert other.output[:1] == ["limit 5 mode overwrite region eu"], other.error
    assert world.read_rows(OUT, "json") == rows(5)

"""A bookmarked catalog table with partitions, over five runs: new files, none, a failure before commit, a reset."""

from script_case import Case, Run, World

CASE = Case(arguments={"--job-bookmark-option": "job-bookmark-enable"})
BUCKET = "s3://bookmark-catalog"


def given(world: World) -> None:
    world.put_csv(f"{BUCKET}/kinds/k.csv", ["kind", "label"], ["a", "Alpha"], ["b", "Beta"])
    world.table("bookmarked", "events", f"{BUCKET}/in/", {"id": "int", "kind": "string"}, "json", {"day": "string"})
    world.put_json(f"{BUCKET}/in/day=1/1.json", {"id": 1, "kind": "a"}, {"id": 2, "kind": "b"})
    world.partition("bookmarked", "events", "1")


def expect(world: World, run: Run) -> None:
    assert "new events: 2" in run.output
    again = world.run()
    assert again.state == "SUCCEEDED"
    assert [line for line in again.output if "engine" not in line] == ["new events: 0", "nothing to do"]

    world.put_json(f"{BUCKET}/in/day=1/2.json", {"id": 3, "kind": "a"})
    world.put_json(f"{BUCKET}/in/day=2/1.json", {"id": 4, "kind": "b"})
    world.partition("bookmarked", "events", "2")
    failed = world.run(fail_before_commit="")
    assert failed.state == "FAILED"
    assert "the disk is on fire" in failed.error
    retried = world.run()
    assert "new events: 2" in retried.output, "what a failed run has read is read again"

    ids = [(row["day"], row["id"], row["label"]) for row in world.read_rows(f"{BUCKET}/out/", "json")]
    assert sorted(ids) == [
        ("1", 1, "Alpha"), ("1", 2, "Beta"), ("1", 3, "Alpha"), ("1", 3, "Alpha"), ("2", 4, "Beta"), ("2", 4, "Beta"),
    ]  # fmt: skip
    world.glue.reset_job_bookmark(JobName=world.job)
    assert "new events: 4" in world.run().output

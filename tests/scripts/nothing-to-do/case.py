"""sys.exit(0) and os._exit(0) in the middle are a success; what was written before them is there."""

from script_case import Case, Run, World

CASE = Case(arguments={"--how": "sys.exit"})


def given(world: World) -> None:
    world.bucket("nothing-to-do")


def expect(world: World, run: Run) -> None:
    assert run.output[:1] == ["leaving by sys.exit"]
    assert any("No files in incoming/, nothing to do" in line for line in run.errors)
    other = world.run(how="os._exit")
    assert (other.state, other.output[:1]) == ("SUCCEEDED", ["leaving by os._exit"]), other.error
    assert world.read_rows("s3://nothing-to-do/report/", "json") == [{"id": 0}, {"id": 1}, {"id": 2}]
    world.put("s3://nothing-to-do/incoming/a", "x")
    failed = world.run()
    assert failed.state == "FAILED"
    assert failed.error.startswith("AssertionError: not reached: there are no files (")

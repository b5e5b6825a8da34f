"""Records that fail: counted per stage and in all, kept with message and record; a threshold ends the job."""

from script_case import Case, Run, World

CASE = Case(arguments={"--threshold": "0"})
BUCKET = "s3://errors-and-spigot"


def given(world: World) -> None:
    world.put(
        f"{BUCKET}/in/a.json",
        '{"id": 1, "price": 10.0, "units": 2}\n'
        '{"id": 2, "price": 10.0, "units": 0}\n'
        "{not json}\n"
        '{"id": 3, "price": 90.0, "units": 3}\n'
        '{"id": 4, "price": null, "units": 3}\n',
    )


def expect(world: World, run: Run) -> None:
    counts = [line for line in run.output if ":" in line and not line.startswith(("error:", "engine"))]
    assert counts == ["bad input: 1", "stage errors: 2", "all errors: 3", "error records: 3"]
    said = "\n".join(line for line in run.output if line.startswith("error:"))
    assert "division by zero" in said
    assert "id=2" in said
    assert "NoneType" in said
    assert world.read_rows(f"{BUCKET}/out/", "json") == [{"id": 1, "units": 2, "unit_price": 5.0}]
    assert len(world.read_rows(f"{BUCKET}/sample/", "json")) == 2

    failed = world.run(threshold="2")
    assert failed.state == "FAILED"
    assert "2 error records in this transform reach its stageThreshold of 2" in failed.error

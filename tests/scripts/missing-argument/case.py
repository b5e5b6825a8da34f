"""GlueArgumentError names what was not given."""

from script_case import Case, Run, World

CASE = Case(state="FAILED", arguments={"--source_path": "s3://missing-argument/in/"})


def given(world: World) -> None:
    world.put_json("s3://missing-argument/in/a.json", {"n": 1})


def expect(world: World, run: Run) -> None:
    assert run.error.startswith(
        "GlueArgumentError: the following arguments are required: --target (missing-argument.py, line 9: "
    )
    assert run.plans.get("sail", 0) == run.plans.get("spark", 0) == 0
    done = world.run(target="s3://missing-argument/out/")
    assert done.state == "SUCCEEDED", done.error
    assert world.read_rows("s3://missing-argument/out/", "json") == [{"n": 1}]

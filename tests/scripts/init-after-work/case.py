"""A source read before init is not bookmarked, one read after it is."""

from script_case import Case, Run, World

CASE = Case(arguments={"--job-bookmark-option": "job-bookmark-enable"})


def given(world: World) -> None:
    world.put_json("s3://init-after-work/before/a.json", {"n": 1}, {"n": 2})
    world.put_json("s3://init-after-work/after/a.json", {"n": 3})


def expect(world: World, run: Run) -> None:
    assert run.output[:3] == ["before 2", "after 1", "bookmark job-bookmark-enable"]
    world.put_json("s3://init-after-work/after/b.json", {"n": 4}, {"n": 5})
    assert world.run().output[:2] == ["before 2", "after 2"]
    assert world.run().output[:2] == ["before 2", "after 0"]

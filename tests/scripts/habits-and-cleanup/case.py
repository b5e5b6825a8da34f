"""Settings without effect, log4j, cache, and the clean-up at the end neither disturb a run nor need a JVM."""

from script_case import Case, Run, World

CASE = Case()
ROOT = "s3://habits-and-cleanup"


def given(world: World) -> None:
    people = [("ann", 17), ("bob", 18), ("cid", ""), ("dan", 40)]
    world.put_csv(f"{ROOT}/in/people.tsv", ["name", "age"], *people, separator="\t")


def expect(world: World, run: Run) -> None:
    assert world.read_rows(f"{ROOT}/out/", "parquet") == [{"name": "bob", "age": "18"}, {"name": "dan", "age": "40"}]
    keys = world.keys(f"{ROOT}/out/")
    assert [key.endswith(".gz.parquet") for key in keys] == [True]
    assert world.all_keys("habits-and-cleanup", "out/_SUCCESS") == ["out/_SUCCESS"]
    assert run.output[:1] == ["True 4 habits"]
    for words in ("a line by log4j", "GlueLogger: reading", "GlueLogger: read 4 people"):
        assert any(line.endswith(words) for line in run.errors), words
    assert not any("classic" in note for note in run.notes)

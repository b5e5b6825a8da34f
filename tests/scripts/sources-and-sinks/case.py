"""getSource, setFormat, getFrame; getSink with frames, collections and Spark DataFrames."""

from script_case import Case, Run, World

CASE = Case()
BUCKET = "s3://sources-and-sinks"


def given(world: World) -> None:
    world.put_csv(f"{BUCKET}/in/a/p.csv", ["name", "age"], ["Ann", 17], ["Bob", 18], ["Cid", "?"], separator="|")
    world.put_csv(f"{BUCKET}/in/b/p.csv", ["name", "age"], ["Dan", 60], separator="|")
    world.put_parquet(f"{BUCKET}/parquet/a.parquet", [{"name": "Rex", "legs": 4}])


def expect(world: World, run: Run) -> None:
    assert "frame source 4 ['name', 'age']" in run.output
    assert world.read_rows(f"{BUCKET}/adults/", "json") == [{"name": "Bob", "age": 18}, {"name": "Dan", "age": 60}]
    assert world.folders(f"{BUCKET}/many/") == ["animals", "people"]
    assert world.read_rows(f"{BUCKET}/many/animals/", "parquet") == [{"called": "Rex", "legs": 4}]
    assert [row["called"] for row in world.read_rows(f"{BUCKET}/many/people/", "parquet")] == ["Bob", "Dan"]
    texts = [
        (key.split("/")[0], world.get(f"{BUCKET}/frames/{key}").decode()) for key in world.keys(f"{BUCKET}/frames/")
    ]
    assert sorted(texts) == [("kind=a", "id\ttext\n1\tx\n"), ("kind=b", "id\ttext\n2\ty\n")]
    assert world.read_rows(f"{BUCKET}/method/", "json") == [
        {"id": 1, "kind": "a", "text": "x"}, {"id": 2, "kind": "b", "text": "y"},
    ]  # fmt: skip

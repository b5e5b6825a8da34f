"""Studio's Custom transform (a function from collection to collection), Split Fields and Select From Collection."""

from script_case import Case, Run, World

CASE = Case()
BUCKET = "s3://studio-custom-code"


def given(world: World) -> None:
    world.put_json(
        f"{BUCKET}/in/results.json",
        {"id": 1, "party": "a", "votes": 1500, "place": {"city": "Bonn", "zip": "53111"}},
        {"id": 2, "party": "b", "votes": 1000, "place": {"city": "Ulm", "zip": "89073"}},
        {"id": 3, "party": "a", "votes": 501, "place": None},
    )
    columns = {"id": "int", "party": "string", "votes": "int", "place": "struct<city:string,zip:string>"}
    world.table("elections", "results", f"{BUCKET}/in/", columns, "json")


def expect(world: World, run: Run) -> None:
    assert world.read_rows(f"{BUCKET}/high/", "json") == [
        {"id": 1, "party": "a", "votes": 1500, "place": {"city": "Bonn", "zip": "53111"}}
    ]
    assert world.read_rows(f"{BUCKET}/mean/", "json") == [
        {"party": "a", "mean_votes": 1000.5}, {"party": "b", "mean_votes": 1000.0},
    ]  # fmt: skip
    assert world.read_rows(f"{BUCKET}/rest/", "json") == [
        {"id": 1, "place": {"city": "Bonn", "zip": "53111"}},
        {"id": 2, "place": {"city": "Ulm", "zip": "89073"}},
        {"id": 3},
    ]

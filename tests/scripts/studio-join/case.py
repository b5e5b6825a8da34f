"""Studio's Join node (renamed keys, left and anti joins as DataFrames, an inner Join of frames)."""

from script_case import Case, Run, World

CASE = Case()
BUCKET = "s3://studio-join"


def given(world: World) -> None:
    world.put_parquet(
        f"{BUCKET}/flights/f.parquet",
        [
            {"flight": 1, "origin": "JFK", "dest": "LAX"},
            {"flight": 2, "origin": "EWR", "dest": "JFK"},
            {"flight": 3, "origin": None, "dest": "JFK"},
        ],
    )
    columns = {"flight": "bigint", "origin": "string", "dest": "string"}
    world.table("studio_join", "flights", f"{BUCKET}/flights/", columns, "parquet")
    world.put_csv(f"{BUCKET}/airports.csv", ["code", "name"], ["JFK", "Kennedy"], ["LGA", "La Guardia"])


def expect(world: World, run: Run) -> None:
    right = {"(right) code": "JFK", "(right) name": "Kennedy"}
    first = {"flight": 1, "origin": "JFK", "dest": "LAX"}
    second = {"flight": 2, "origin": "EWR", "dest": "JFK"}
    third = {"flight": 3, "dest": "JFK"}
    assert world.read_rows(f"{BUCKET}/out/left/", "json") == [{**first, **right}, second, third]
    assert world.read_rows(f"{BUCKET}/out/inner/", "json") == [{**second, **right}, {**third, **right}]
    assert world.read_rows(f"{BUCKET}/out/anti/", "json") == [first]
    assert world.columns("studio_join", "joined_anti") == {"flight": "bigint", "origin": "string", "dest": "string"}

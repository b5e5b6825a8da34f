"""SQL over views: CTEs, LEFT JOIN with a condition, rank and sum over windows, HAVING, IN (SELECT)."""

from script_case import Case, Run, World

CASE = Case(arguments={"--s3_input": "s3://sql-views-in/", "--s3_output": "s3://sql-views-out/", "--min_total": "100"})


def given(world: World) -> None:
    world.bucket("sql-views-out")
    world.put_csv(
        "s3://sql-views-in/employees.csv",
        ["id", "name", "team"],
        [1, "Ann", "red"],
        [2, "Bob", "red"],
        [3, "Cid", "blue"],
        [4, "Zoe", "green"],
    )
    world.put_csv(
        "s3://sql-views-in/sales.csv",
        ["employee_id", "amount"],
        [1, 100.5],
        [1, 50.0],
        [2, 150.5],
        [2, -3.0],
        [3, 20.25],
    )


def expect(world: World, run: Run) -> None:
    names = ["id", "name", "team", "total", "deals", "place", "share"]
    rows = [
        (1, "Ann", "red", 150.5, 2, 1, 50.0),
        (2, "Bob", "red", 150.5, 1, 1, 50.0),
        (3, "Cid", "blue", 20.25, 1, 1, 100.0),
        (4, "Zoe", "green", 0.0, 0, 1, None),
    ]
    out = "s3://sql-views-out/ranked/"
    assert world.read_rows(out, "parquet") == [dict(zip(names, row, strict=True)) for row in rows]
    assert list(world.schema(out).values()) == ["int32", "string", "string", "double", "int64", "int32", "double"]
    teams = world.read_rows("s3://sql-views-out/teams/", "json")
    assert teams == [{"team": "red", "best": 150.5, "worst": 150.5}]
    assert "| red| Ann|150.5|" in run.output
    assert "| red| Bob|150.5|" in run.output
    assert not any("blue" in line for line in run.output)

"""boto3 changes the catalog between Spark's writes and reads; Spark sees the new column and partition at once."""

from script_case import Case, Run, World

CASE = Case(arguments={"--DATABASE": "catalog_upkeep", "--TABLE": "scores", "--DAY": "2026-01-02"})
LOCATION = "s3://catalog-upkeep/scores/"


def given(world: World) -> None:
    columns = {"id": "int", "name": "string"}
    world.table("catalog_upkeep", "scores", LOCATION, columns, "parquet", {"day": "string"}, {"owner_team": "data"})
    world.partition("catalog_upkeep", "scores", "2026-01-01")
    world.put_parquet(f"{LOCATION}day=2026-01-01/old.parquet", [{"id": 7, "name": "z"}])


def expect(world: World, run: Run) -> None:
    table = world.glue.get_table(DatabaseName="catalog_upkeep", Name="scores")["Table"]
    assert world.columns("catalog_upkeep", "scores") == {
        "id": "int", "name": "string", "score": "double", "day": "string",
    }  # fmt: skip
    assert table["Parameters"] == {
        "classification": "parquet", "owner_team": "data", "last_day": "2026-01-02", "account": "123456789012",
    }  # fmt: skip
    assert world.partitions("catalog_upkeep", "scores") == [("2026-01-01",), ("2026-01-02",)]
    assert world.columns("catalog_upkeep", "scores_summary") == {"day": "string", "total": "double"}
    assert world.read_rows("s3://catalog-upkeep/scores_summary/", "parquet") == [
        {"day": "2026-01-01", "total": None},
        {"day": "2026-01-02", "total": 2.0},
    ]
    expected = ["partition created", "2026-01-01 None", "2026-01-02 2.0"]
    assert run.output[: len(expected)] == expected
    again = world.run()
    assert again.output[:1] == ["partition exists"], again.error
    versions = world.glue.get_table_versions(DatabaseName="catalog_upkeep", TableName="scores")["TableVersions"]
    assert len(versions) == 3

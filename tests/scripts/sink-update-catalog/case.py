"""getSink keeps a table: created by the first run, then new partitions, a new column, and LOG that changes nothing."""

from script_case import Case, Run, World

CASE = Case(arguments={"--day": "1", "--behavior": "UPDATE_IN_DATABASE"})
BUCKET = "s3://sink-update-catalog"


def given(world: World) -> None:
    world.database("lake")
    world.put_csv(f"{BUCKET}/in/1/a.csv", ["id", "name"], [1, "Ann"], [2, "Bob"])
    world.put_csv(f"{BUCKET}/in/2/a.csv", ["id", "name", "mail"], [3, "Cid", "c@x"])
    world.put_csv(f"{BUCKET}/in/3/a.csv", ["id", "name", "mail", "age"], [4, "Dan", "d@x", 40])


def expect(world: World, run: Run) -> None:
    assert world.columns("lake", "people") == {"id": "int", "name": "string", "day": "string"}
    assert world.partitions("lake", "people") == [("1",)]
    table = world.glue.get_table(DatabaseName="lake", Name="people")["Table"]
    assert table["TableType"] == "EXTERNAL_TABLE"
    assert table["StorageDescriptor"]["Location"] == f"{BUCKET}/lake/people/"
    assert table["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"].endswith("ParquetHiveSerDe")

    assert world.run(day="2").state == "SUCCEEDED"
    wider = {"id": "int", "name": "string", "mail": "string", "day": "string"}
    assert world.columns("lake", "people") == wider
    assert world.partitions("lake", "people") == [("1",), ("2",)]
    partition = world.glue.get_partition(DatabaseName="lake", TableName="people", PartitionValues=["2"])["Partition"]
    assert partition["StorageDescriptor"]["Location"] == f"{BUCKET}/lake/people/day=2/"

    logged = world.run(day="3", behavior="LOG")
    assert logged.state == "SUCCEEDED"
    assert world.columns("lake", "people") == wider, "LOG leaves the schema alone"
    assert world.folders(f"{BUCKET}/lake/people/") == ["day=1", "day=2", "day=3"], "but the data is written"

    wrong = world.run(day="1", behavior="MERGE")
    assert wrong.state == "FAILED"
    assert "UPDATE_IN_DATABASE" in wrong.error
    assert len(world.read_rows(f"{BUCKET}/lake/people/", "parquet")) == 4

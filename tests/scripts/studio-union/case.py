"""Studio's Union node, ALL and DISTINCT, and awsglue's Union of frames; tab separated sources."""

from script_case import Case, Run, World

CASE = Case()
BUCKET = "s3://studio-union"


def given(world: World) -> None:
    header = ["city", "people"]
    world.put_csv(f"{BUCKET}/last/a.tsv", header, ["Bonn", 330000], ["Ulm", 126000], ["Ulm", 126000], separator="\t")
    world.put_csv(f"{BUCKET}/this/b.tsv", header, ["Bonn", 335000], ["Ulm", 126000], separator="\t")


def expect(world: World, run: Run) -> None:
    rows = [("Bonn", 330000), ("Bonn", 335000), ("Ulm", 126000), ("Ulm", 126000), ("Ulm", 126000)]
    every = [{"city": city, "people": people} for city, people in rows]
    assert world.read_rows(f"{BUCKET}/out/all/", "parquet") == every
    assert world.read_rows(f"{BUCKET}/out/frames/", "parquet") == every
    assert world.read_rows(f"{BUCKET}/out/distinct/", "parquet") == every[:3]

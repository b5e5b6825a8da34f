"""purge_s3_path by age and storage class with a manifest, then a fresh write; purge_table of one partition."""

from script_case import Case, Run, World

CASE = Case(arguments={"--target_bucket": "purge-and-rewrite", "--target_prefix": "data/"})
BUCKET = "s3://purge-and-rewrite"


def given(world: World) -> None:
    world.put(f"{BUCKET}/data/old/1.parquet", "old")
    world.put(f"{BUCKET}/data/old/2.parquet", "old")
    world.s3.put_object(Bucket="purge-and-rewrite", Key="data/ia.parquet", Body=b"kept", StorageClass="STANDARD_IA")
    world.put(f"{BUCKET}/database/other.txt", "not under data/")
    world.put_json(f"{BUCKET}/new/n.json", {"id": 1, "tags": ["x", "y"]}, {"id": 2, "tags": []})
    world.table("purged", "visits", f"{BUCKET}/visits/", {"id": "int"}, "json", {"year": "string"})
    for year in ("2024", "2025"):
        world.put_json(f"{BUCKET}/visits/year={year}/v.json", {"id": 1})
        world.partition("purged", "visits", year)


def expect(world: World, run: Run) -> None:
    said = "\n".join(run.errors)
    assert "kept 3" in said
    assert "left data/ia.parquet" in said
    assert world.get(f"{BUCKET}/manifest/purge/Success.csv").decode().split() == [
        f"{BUCKET}/data/old/1.parquet", f"{BUCKET}/data/old/2.parquet",
    ]  # fmt: skip
    assert world.get(f"{BUCKET}/manifest/purge/Failed.csv") == b""
    assert world.folders(f"{BUCKET}/data/") == ["", "new"]
    assert world.read_rows(f"{BUCKET}/data/new/", "parquet") == [{"id": 1, "tags": ["x", "y"]}, {"id": 2, "tags": []}]
    assert world.get(f"{BUCKET}/database/other.txt") == b"not under data/"
    assert world.partitions("purged", "visits") == [("2025",)]
    assert world.folders(f"{BUCKET}/visits/") == ["year=2025"]

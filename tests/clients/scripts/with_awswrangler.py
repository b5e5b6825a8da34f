"""What people do with awswrangler's S3 functions. Arguments: endpoint, bucket."""

import os
import sys
from pathlib import Path

endpoint, bucket = sys.argv[1:]
os.environ |= {
    "AWS_ENDPOINT_URL": endpoint,
    "AWS_ACCESS_KEY_ID": "mastic",
    "AWS_SECRET_ACCESS_KEY": "mastic",
    "AWS_DEFAULT_REGION": "us-east-1",
}

import awswrangler as wr  # noqa: E402
import pandas as pd  # noqa: E402

root = f"s3://{bucket}/wr"
frame = pd.DataFrame({"id": [1, 2, 3], "name": ["a", "b", None], "year": [2023, 2024, 2024]})

wr.s3.to_csv(frame, f"{root}/one.csv", index=False)
assert wr.s3.read_csv(f"{root}/one.csv")["id"].tolist() == [1, 2, 3]
wr.s3.to_json(frame, f"{root}/one.json", orient="records", lines=True)
assert wr.s3.read_json(f"{root}/one.json", orient="records", lines=True)["name"].tolist()[:2] == ["a", "b"]

written = wr.s3.to_parquet(frame, f"{root}/set/", dataset=True, partition_cols=["year"], mode="overwrite")
assert len(written["paths"]) == 2
assert len(wr.s3.read_parquet(f"{root}/set/", dataset=True)) == 3
wr.s3.to_parquet(frame[:1], f"{root}/set/", dataset=True, partition_cols=["year"], mode="overwrite_partitions")
assert len(wr.s3.read_parquet(f"{root}/set/", dataset=True)) == 3
wr.s3.to_parquet(frame, f"{root}/set/", dataset=True, partition_cols=["year"], mode="append")
read = wr.s3.read_parquet(f"{root}/set/", dataset=True, partition_filter=lambda values: values["year"] == "2024")
assert len(read) == 4
assert sum(len(chunk) for chunk in wr.s3.read_parquet(f"{root}/set/", dataset=True, chunked=2)) == 6

assert wr.s3.does_object_exist(f"{root}/one.csv")
assert wr.s3.list_directories(f"{root}/") == [f"{root}/set/"]
assert wr.s3.list_objects(f"{root}/*.csv") == [f"{root}/one.csv"]
assert wr.s3.size_objects([f"{root}/one.csv"])[f"{root}/one.csv"] > 0
assert wr.s3.describe_objects([f"{root}/one.csv"])[f"{root}/one.csv"]["ContentLength"] > 0
wr.s3.copy_objects([f"{root}/one.csv"], f"{root}/", f"{root}/copy/")
wr.s3.download(f"{root}/copy/one.csv", "one.csv")
wr.s3.upload("one.csv", f"{root}/up.csv")
assert wr.s3.read_csv(f"{root}/up.csv").equals(wr.s3.read_csv(f"{root}/one.csv"))
Path("big.bin").write_bytes(bytes(20 << 20))
wr.s3.upload("big.bin", f"{root}/big.bin")
wr.s3.download(f"{root}/big.bin", "big2.bin")
assert Path("big2.bin").stat().st_size == 20 << 20
wr.s3.delete_objects(f"{root}/")
assert wr.s3.list_objects(f"{root}/") == []
assert wr.s3.list_buckets() == [bucket]
print("ok")

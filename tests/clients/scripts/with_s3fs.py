"""What people do with s3fs and pandas on it. Arguments: endpoint, bucket."""

import sys

import pandas as pd
import s3fs

endpoint, bucket = sys.argv[1:]
options = {"key": "mastic", "secret": "mastic", "endpoint_url": endpoint}
fs = s3fs.S3FileSystem(**options)

with fs.open(f"{bucket}/a/b.txt", "wb") as file:
    file.write(b"hello")
assert fs.cat(f"{bucket}/a/b.txt") == b"hello"
assert fs.ls(f"{bucket}/a") == [f"{bucket}/a/b.txt"]
assert fs.info(f"{bucket}/a/b.txt")["size"] == 5
assert fs.exists(f"{bucket}/a/b.txt")
assert not fs.exists(f"{bucket}/a/c.txt")
assert fs.isdir(f"{bucket}/a")

big = bytes(range(256)) * 4096 * 12  # 12 MiB: a multipart upload
with fs.open(f"{bucket}/big", "wb", block_size=5 << 20) as file:
    file.write(big)
with fs.open(f"{bucket}/big", "rb") as file:
    file.seek(7 << 20)
    assert file.read(1000) == big[7 << 20 : (7 << 20) + 1000]
assert fs.cat(f"{bucket}/big") == big

fs.copy(f"{bucket}/big", f"{bucket}/copy/of/big")
fs.mv(f"{bucket}/copy/of/big", f"{bucket}/moved/big")
fs.cp(f"{bucket}/moved/", f"{bucket}/again/", recursive=True)
assert fs.find(f"{bucket}/again") == [f"{bucket}/again/big"]
fs.pipe({f"{bucket}/glob/{year}/{month}.csv": b"x" for year in (2023, 2024) for month in (1, 2)})
assert fs.glob(f"{bucket}/glob/*/1.csv") == [f"{bucket}/glob/2023/1.csv", f"{bucket}/glob/2024/1.csv"]
fs.touch(f"{bucket}/empty")
assert fs.size(f"{bucket}/empty") == 0
fs.setxattr(f"{bucket}/a/b.txt", owner="me")
fs.invalidate_cache()
assert fs.metadata(f"{bucket}/a/b.txt", refresh=True) == {"owner": "me"}
fs.put_tags(f"{bucket}/a/b.txt", {"k": "v"})
assert fs.get_tags(f"{bucket}/a/b.txt") == {"k": "v"}

frame = pd.DataFrame({"carrier": ["AA", "UA"], "delay": [1.5, None]})
frame.to_csv(f"s3://{bucket}/frames/f.csv", index=False, storage_options=options)
pd.testing.assert_frame_equal(pd.read_csv(f"s3://{bucket}/frames/f.csv", storage_options=options), frame)
frame.to_parquet(f"s3://{bucket}/frames/f.parquet", storage_options=options)
pd.testing.assert_frame_equal(pd.read_parquet(f"s3://{bucket}/frames/f.parquet", storage_options=options), frame)

fs.rm(f"{bucket}/glob", recursive=True)
fs.invalidate_cache()
assert not fs.exists(f"{bucket}/glob")
try:
    fs.cat(f"{bucket}/absent")
except FileNotFoundError:
    print("ok")

"""What people do with pyarrow's S3FileSystem, which is the AWS C++ SDK. Arguments: endpoint, bucket."""

import sys

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from pyarrow import fs

endpoint, bucket = sys.argv[1:]
s3 = fs.S3FileSystem(
    access_key="mastic",
    secret_key="mastic",
    endpoint_override=endpoint,
    region="us-east-1",
    allow_bucket_creation=True,
    allow_bucket_deletion=True,
)

s3.create_dir(f"{bucket}/made/by/arrow")
assert s3.get_file_info(f"{bucket}/made/by/arrow").type == fs.FileType.Directory
with s3.open_output_stream(f"{bucket}/made/f", metadata={"Content-Type": "text/x"}) as stream:
    stream.write(b"hello")
with s3.open_input_stream(f"{bucket}/made/f") as stream:
    assert stream.read() == b"hello"
big = bytes(range(256)) * 4096 * 12
with s3.open_output_stream(f"{bucket}/big") as stream:
    stream.write(big)
with s3.open_input_file(f"{bucket}/big") as file:
    assert file.size() == len(big)
    assert file.read_at(1000, 7 << 20) == big[7 << 20 : (7 << 20) + 1000]

table = pa.table({"id": list(range(1000)), "year": [2023 + i % 3 for i in range(1000)]})
pq.write_table(table, f"{bucket}/t/one.parquet", filesystem=s3)
assert pq.read_table(f"{bucket}/t/one.parquet", filesystem=s3).equals(table)
ds.write_dataset(table, f"{bucket}/set", format="parquet", partitioning=["year"], filesystem=s3)
dataset = ds.dataset(f"{bucket}/set", partitioning=["year"], filesystem=s3)
assert dataset.count_rows(filter=ds.field("year") == 2024) == 333

infos = s3.get_file_info(fs.FileSelector(f"{bucket}/set", recursive=True))
assert {info.base_name for info in infos} >= {"2023", "2024", "2025"}
s3.copy_file(f"{bucket}/t/one.parquet", f"{bucket}/t/two.parquet")
s3.move(f"{bucket}/t/two.parquet", f"{bucket}/t/three.parquet")
assert [info.base_name for info in s3.get_file_info(fs.FileSelector(f"{bucket}/t"))] == ["one.parquet", "three.parquet"]
s3.delete_file(f"{bucket}/t/one.parquet")
s3.delete_dir(f"{bucket}/set")
assert s3.get_file_info(f"{bucket}/set").type == fs.FileType.NotFound
s3.create_dir("made-by-arrow")
s3.delete_dir("made-by-arrow")
try:
    s3.open_input_file(f"{bucket}/absent")
except FileNotFoundError:
    print("ok")

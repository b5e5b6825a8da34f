"""`storage.endpoint`: Sail reads and writes the object store, not our server."""

import os
import subprocess
import sys

import boto3

from object_store import object_store

CODE = """
import os, sys
from pathlib import Path
from mastic.engines import sail
from mastic.engines.config import EngineConfig
from pyspark.sql.connect.client import DefaultChannelBuilder
from pyspark.sql.connect.session import SparkSession
stub = sail.start(EngineConfig(work_dir=Path(sys.argv[1])))
spark = SparkSession(connection=DefaultChannelBuilder("sc://127.0.0.1:1"))
spark.client.disable_reattachable_execute()
spark.client._stub = stub
spark.createDataFrame([(1, "a"), (2, "b")], "id int, name string").write.mode("overwrite").parquet("s3://lake/t")
print(spark.read.parquet("s3://lake/t").count(), flush=True)
os._exit(0)
"""


def test_sail_uses_the_endpoint_not_our_server(tmp_path):
    keys = {"aws_access_key_id": "minio", "aws_secret_access_key": "minio123", "region_name": "us-east-1"}
    with object_store() as endpoint:
        s3 = boto3.client("s3", endpoint_url=endpoint, **keys)
        s3.create_bucket(Bucket="lake")
        environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")} | {
            "AWS_ENDPOINT_URL_S3": endpoint,
            "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
            "AWS_ACCESS_KEY_ID": "minio",
            "AWS_SECRET_ACCESS_KEY": "minio123",
            "AWS_REGION": "us-east-1",
        }
        done = subprocess.run(
            [sys.executable, "-c", CODE, str(tmp_path)], env=environment, capture_output=True, text=True, timeout=60
        )
        assert done.stdout.strip() == "2", done.stderr
        assert [o["Key"] for o in s3.list_objects_v2(Bucket="lake", Prefix="t/")["Contents"]]

"""S3 and the AWS API share one port of the assembled server."""

from pathlib import Path

from mastic.settings import Settings
from serving import Listener, no_errors_logged, running


def test_s3_beside_the_aws_api(listener: Listener, home: Path) -> None:
    with no_errors_logged(), running(listener, Settings(home=home)) as server:
        s3 = server.client("s3")
        assert s3.list_buckets()["Buckets"] == []
        s3.create_bucket(Bucket="scripts")
        s3.put_object(Bucket="scripts", Key="a//b", Body=b"x" * 2_000_000, Metadata={"k": "v"})
        got = s3.get_object(Bucket="scripts", Key="a//b")
        assert (got["Body"].read(), got["Metadata"]) == (b"x" * 2_000_000, {"k": "v"})
        assert s3.delete_objects(Bucket="scripts", Delete={"Objects": [{"Key": "a//b"}]})["Deleted"]
        assert server.client("glue").get_databases()["DatabaseList"] == []
        assert server.client("sts").get_caller_identity()["Account"] == server.app.settings.account_id

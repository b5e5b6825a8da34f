"""Bucket operations, by boto3."""

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError


def code(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    response = error.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_create_list_head_delete(s3: Any) -> None:
    s3.create_bucket(Bucket="beta")
    s3.create_bucket(Bucket="alpha.one")
    listed = s3.list_buckets()
    assert [b["Name"] for b in listed["Buckets"]] == ["alpha.one", "beta"]
    assert s3.head_bucket(Bucket="beta")["BucketRegion"] == "us-east-1"
    s3.delete_bucket(Bucket="beta")
    assert [b["Name"] for b in s3.list_buckets()["Buckets"]] == ["alpha.one"]
    with pytest.raises(ClientError) as error:
        s3.head_bucket(Bucket="beta")
    assert code(error) == ("404", 404)


def test_buckets_are_listed_in_pages(s3: Any) -> None:
    for name in ("raw-1", "raw-2", "raw-3", "other"):
        s3.create_bucket(Bucket=name)
    pages = s3.get_paginator("list_buckets").paginate(Prefix="raw-", PaginationConfig={"PageSize": 2})
    assert [[b["Name"] for b in page["Buckets"]] for page in pages] == [["raw-1", "raw-2"], ["raw-3"]]


def test_creating_again_is_fine_in_us_east_1(s3: Any, bucket: str) -> None:
    assert s3.create_bucket(Bucket=bucket)["Location"] == f"/{bucket}"


def test_the_location_is_kept(s3: Any, bucket: str) -> None:
    s3.create_bucket(Bucket="in-europe", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    assert s3.get_bucket_location(Bucket="in-europe")["LocationConstraint"] == "eu-central-1"
    assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] is None


def test_a_bucket_with_an_object_is_not_deleted(s3: Any, bucket: str) -> None:
    for key in ("plain", "a//b", "folder/"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
        with pytest.raises(ClientError) as error:
            s3.delete_bucket(Bucket=bucket)
        assert code(error) == ("BucketNotEmpty", 409)
        s3.delete_object(Bucket=bucket, Key=key)
    s3.delete_bucket(Bucket=bucket)


def test_empty_folders_an_engine_left_do_not_keep_a_bucket(s3: Any, bucket: str, folder: Path) -> None:
    (folder / "a" / "b").mkdir(parents=True)
    s3.delete_bucket(Bucket=bucket)
    assert not folder.exists()


def test_a_deleted_bucket_leaves_nothing_for_the_next_of_its_name(s3: Any, bucket: str) -> None:
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")
    s3.upload_part(Bucket=bucket, Key="k", UploadId=upload["UploadId"], PartNumber=1, Body=b"x")
    s3.delete_bucket(Bucket=bucket)
    s3.create_bucket(Bucket=bucket)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


def test_names_are_checked(server: Any) -> None:
    from botocore.config import Config

    client = server.client(config=Config(parameter_validation=False))
    with pytest.raises(ClientError) as error:
        client.create_bucket(Bucket="Not_A_Bucket")
    assert code(error) == ("InvalidBucketName", 400)


def test_a_missing_bucket_says_so_everywhere(s3: Any) -> None:
    calls = [
        lambda: s3.get_object(Bucket="absent", Key="k"),
        lambda: s3.put_object(Bucket="absent", Key="k", Body=b"x"),
        lambda: s3.delete_object(Bucket="absent", Key="k"),
        lambda: s3.list_objects_v2(Bucket="absent"),
        lambda: s3.create_multipart_upload(Bucket="absent", Key="k"),
        lambda: s3.delete_bucket(Bucket="absent"),
        lambda: s3.get_bucket_location(Bucket="absent"),
        lambda: s3.get_bucket_versioning(Bucket="absent"),
        lambda: s3.copy_object(Bucket="absent", Key="k", CopySource={"Bucket": "absent", "Key": "j"}),
        lambda: s3.delete_objects(Bucket="absent", Delete={"Objects": [{"Key": "k"}]}),
    ]
    for call in calls:
        with pytest.raises(ClientError) as error:
            call()
        assert code(error) == ("NoSuchBucket", 404)
        assert "'absent'" in error.value.response["Error"]["Message"]


def test_a_bucket_has_no_configuration(s3: Any, bucket: str) -> None:
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    assert s3.get_bucket_acl(Bucket=bucket)["Grants"][0]["Permission"] == "FULL_CONTROL"
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=bucket)
    assert "TopicConfigurations" not in s3.get_bucket_notification_configuration(Bucket=bucket)
    absent = {
        "get_bucket_tagging": "NoSuchTagSet",
        "get_bucket_policy": "NoSuchBucketPolicy",
        "get_bucket_cors": "NoSuchCORSConfiguration",
        "get_bucket_lifecycle_configuration": "NoSuchLifecycleConfiguration",
        "get_bucket_encryption": "ServerSideEncryptionConfigurationNotFoundError",
        "get_public_access_block": "NoSuchPublicAccessBlockConfiguration",
        "get_bucket_replication": "ReplicationConfigurationNotFoundError",
        "get_object_lock_configuration": "ObjectLockConfigurationNotFoundError",
        "get_bucket_ownership_controls": "OwnershipControlsNotFoundError",
        "get_bucket_website": "NoSuchWebsiteConfiguration",
    }
    for operation, expected in absent.items():
        with pytest.raises(ClientError) as error:
            getattr(s3, operation)(Bucket=bucket)
        assert code(error) == (expected, 404), operation


def test_configuring_a_bucket_is_refused_not_ignored(s3: Any, bucket: str) -> None:
    with pytest.raises(ClientError) as error:
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    assert code(error) == ("NotImplemented", 501)
    with pytest.raises(ClientError) as error:
        s3.put_bucket_policy(Bucket=bucket, Policy="{}")
    assert code(error) == ("NotImplemented", 501)
    with pytest.raises(ClientError) as error:
        s3.list_bucket_inventory_configurations(Bucket=bucket)
    assert code(error) == ("NotImplemented", 501)


def test_virtual_host_style(server: Any, s3: Any, bucket: str) -> None:
    import http.client

    s3.put_object(Bucket=bucket, Key="a/b", Body=b"by host")
    port = server.port
    for host in (f"{bucket}.localhost:{port}", f"{bucket}.s3.localhost:{port}", f"{bucket}.s3.us-east-1.localhost"):
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("GET", "/a/b", headers={"Host": host})
        assert connection.getresponse().read() == b"by host"
        connection.close()

"""A full disk: a clear error, no half object, and what was there stays. On a real, small file system."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from door_server import DoorServer, running_door
from mastic.settings import Settings
from mastic.storage.client import Storage
from mastic.storage.errors import InsufficientStorage
from serving import Listener, no_errors_logged

MIB = 1 << 20
SIZE = 24 * MIB


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MiB: a mount where we may, else the largest file a process may write."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = (
        os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(disk)], capture_output=True
        ).returncode
    )
    if mounted:
        yield disk
        subprocess.run(["umount", "-l", str(disk)], check=True)
        return
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SIZE, before[1]))
    yield disk
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def server(listener: Listener, small_disk: Path) -> Iterator[DoorServer]:
    with no_errors_logged() as errors, running_door(listener, Settings(home=small_disk)) as found:
        yield found
        errors.expected = found.expected_errors


def test_a_put_that_does_not_fit(server: DoorServer, s3: Any, bucket: str, folder: Path) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"old", Metadata={"a": "b"})
    server.expected_errors = 1
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=bucket, Key="k", Body=bytes(SIZE + MIB))
    response = error.value.response
    assert (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]) == ("InsufficientStorage", 507)
    assert "full" in response["Error"]["Message"]
    got = s3.get_object(Bucket=bucket, Key="k")
    assert (got["Body"].read(), got["Metadata"]) == (b"old", {"a": "b"})
    assert list(server.home.glob("buckets/.mastic/tmp/*")) == []
    s3.put_object(Bucket=bucket, Key="fits", Body=bytes(4 * MIB))


def test_an_sdk_does_not_retry_it(server: DoorServer, bucket: str) -> None:
    from botocore.config import Config

    client = server.client(config=Config(retries={"mode": "standard", "max_attempts": 5}))
    server.expected_errors = 1
    with pytest.raises(ClientError) as error:
        client.put_object(Bucket=bucket, Key="k", Body=bytes(SIZE + MIB))
    assert error.value.response["ResponseMetadata"]["RetryAttempts"] == 0


def test_an_upload_whose_parts_fit_and_whose_whole_does_not(server: DoorServer, s3: Any, bucket: str) -> None:
    upload = {"Bucket": bucket, "Key": "big"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    sizes = [8 * MIB, 8 * MIB]  # twice 16 MiB are more than 24
    parts = []
    for number, size in enumerate(sizes, 1):
        part = s3.upload_part(**upload, PartNumber=number, Body=bytes(size))
        parts.append({"PartNumber": number, "ETag": part["ETag"]})
    if not os.path.ismount(server.home):
        parts += [
            {"PartNumber": 3, "ETag": s3.upload_part(**upload, PartNumber=3, Body=bytes(12 * MIB))["ETag"]}
        ]  # a limit per file, not per disk
    server.expected_errors = 1
    with pytest.raises(ClientError) as error:
        s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    assert error.value.response["Error"]["Code"] == "InsufficientStorage"
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    assert len(s3.list_parts(**upload)["Parts"]) == len(parts), "the parts are kept for another attempt"


def test_by_the_python_api(server: DoorServer, bucket: str) -> None:
    storage = Storage.from_settings(server.settings)
    with pytest.raises(InsufficientStorage, match="full"):
        storage.write_bytes(f"s3://{bucket}/k", bytes(SIZE + MIB))
    assert not storage.exists(f"s3://{bucket}/k")
    assert list(server.home.glob("buckets/.mastic/tmp/*")) == []

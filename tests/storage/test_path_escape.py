"""No key, bucket name, header or symbolic link leads out of the bucket folder."""

import http.client
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

ESCAPES = [
    "../secret.txt",
    "../../secret.txt",
    "a/../../secret.txt",
    "/etc/passwd",
    "//etc/passwd",
    "..",
    ".",
    "./../secret.txt",
    "a/..",
    "..\\secret.txt",
    "%2e%2e/secret.txt",
    "..%2fsecret.txt",
    ".mastic/tmp/x",
    "../.mastic/tmp/x",
    "\0/../../secret.txt",
]


@pytest.fixture
def secret(server: Any, bucket: str) -> Path:
    path = server.home / "secret.txt"
    path.write_bytes(b"secret")
    (server.home / "buckets" / "secret.txt").write_bytes(b"secret")
    return path


def everything(home: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in home.rglob("*") if p.is_file() and ".mastic" not in p.parts}


@pytest.mark.parametrize("key", ESCAPES)
def test_no_key_leaves_the_bucket(server: Any, s3: Any, bucket: str, folder: Path, secret: Path, key: str) -> None:
    before = everything(server.home)
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=bucket, Key=key)
    assert error.value.response["Error"]["Code"] == "NoSuchKey"
    s3.put_object(Bucket=bucket, Key=key, Body=b"mine")
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"mine"
    inside = {path for path in everything(server.home) if path.startswith(f"{folder}/")}
    assert {p: b for p, b in everything(server.home).items() if p not in inside} == before
    s3.delete_object(Bucket=bucket, Key=key)
    assert everything(server.home) == before


@pytest.mark.parametrize(
    "path",
    [
        "/data-lake/../../secret.txt",
        "/data-lake/%2e%2e/%2e%2e/secret.txt",
        "/data-lake/..%2f..%2fsecret.txt",
        "/data-lake/%252e%252e/secret.txt",
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/.mastic/tmp",
        "/.mastic/buckets/data-lake/bucket.json",
        "/data-lake%2f..%2f../secret.txt",
        "/data-lake%00/secret.txt",
        "//secret.txt",
        "/secret.txt",
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_no_raw_path_leaves_the_bucket(server: Any, secret: Path, method: str, path: str) -> None:
    before = everything(server.home)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.putrequest(method, path, skip_host=False)
    connection.putheader("Content-Length", "4")
    connection.endheaders(b"mine")
    response = connection.getresponse()
    body = response.read()
    connection.close()
    assert b"secret" not in body or b"<Code>" in body
    assert response.status < 500
    after = everything(server.home)
    assert all(after.get(path) == content for path, content in before.items())
    assert all("/buckets/data-lake/" in path for path in set(after) - set(before))


@pytest.mark.parametrize("host", ["../secret.localhost", "..localhost", ".mastic.localhost", "%2e%2e.localhost"])
def test_no_host_leaves_the_buckets(server: Any, secret: Path, host: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", "/secret.txt", headers={"Host": host})
    response = connection.getresponse()
    assert response.status in (400, 404)
    assert response.read() != b"secret"
    connection.close()


def test_symbolic_links_are_not_followed(server: Any, s3: Any, bucket: str, folder: Path, secret: Path) -> None:
    outside = server.home / "outside"
    outside.mkdir()
    (outside / "file").write_bytes(b"secret")
    (folder / "link").symlink_to(outside)
    (folder / "link-to-file").symlink_to(secret)
    (folder / "sub").mkdir()
    (folder / "sub" / "up").symlink_to("../..")
    for key in ("link/file", "link-to-file", "link", "sub/up/secret.txt", "sub/up/data-lake/link/file"):
        with pytest.raises(ClientError) as error:
            s3.get_object(Bucket=bucket, Key=key)
        assert error.value.response["Error"]["Code"] == "NoSuchKey"
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    s3.put_object(Bucket=bucket, Key="link/file", Body=b"mine")
    s3.put_object(Bucket=bucket, Key="link/new", Body=b"mine")
    s3.put_object(Bucket=bucket, Key="link-to-file", Body=b"mine")
    assert s3.get_object(Bucket=bucket, Key="link/file")["Body"].read() == b"mine"
    for key in ("link/file", "link/new", "link-to-file"):
        s3.delete_object(Bucket=bucket, Key=key)
    assert (outside / "file").read_bytes() == b"secret" == secret.read_bytes()
    assert [path.name for path in outside.iterdir()] == ["file"]


def test_a_symbolic_link_is_not_a_bucket(server: Any, s3: Any, secret: Path) -> None:
    (server.home / "buckets" / "linked").symlink_to(server.home)
    assert [b["Name"] for b in s3.list_buckets()["Buckets"]] == ["data-lake"]
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket="linked", Key="secret.txt")
    assert error.value.response["Error"]["Code"] == "NoSuchBucket"

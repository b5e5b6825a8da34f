"""Objects at the environment's S3 endpoint as files: what is listed, looked into and published by the plan router."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, cast

from mastic.engines.router.errors import analysis_error
from mastic.engines.router.pb import Unproven
from mastic.engines.router.rewrites.files import Entries, Entry, File, matches

_PART_BYTES = 16 << 20
_AT_ONCE = 4
_FOOTER_BYTES = 1 << 16
# Other characters are escaped by one client and not by another.
_PLAIN = re.compile(r"[A-Za-z0-9_.=/-]*")


@cache
def store() -> Objects:
    """The objects at AWS_ENDPOINT_URL_S3, with the environment's keys."""
    import boto3
    from botocore.config import Config

    config = Config(max_pool_connections=32, retries={"mode": "standard"})
    return Objects(boto3.client("s3", config=config))


def address(path: str) -> tuple[str, str]:
    """Bucket and key of `s3://bucket/key`."""
    bucket, _, key = path.removeprefix("s3://").partition("/")
    return bucket, key


class Objects:
    """Files at an endpoint. What it cannot answer raises Unproven: Spark decides."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def look(self, path: str) -> Entry | None:
        bucket, key = address(path)
        named = self._listed(bucket, key, first=True) if key else ()
        file = next((_file(bucket, item) for item in named if item["Key"] == key), None)
        is_folder = not key or any(True for _ in self._listed(bucket, _folder(key), first=True))
        if file is not None and is_folder:
            raise Unproven(f"{path}, which is both an object and a folder")
        return Entry(path, file) if file is not None or is_folder else None

    def entries(self, path: str) -> Iterator[Entry]:
        bucket, key = address(path)
        prefix = _folder(key)
        with errors(bucket):
            pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, Delimiter="/")
            for page in pages:
                for item in page.get("CommonPrefixes", ()):
                    yield self._entry(bucket, item["Prefix"].removesuffix("/"), None)
                for item in page.get("Contents", ()):
                    if item["Key"] != prefix:
                        yield self._entry(bucket, item["Key"], _file(bucket, item))

    def below(self, root: str) -> Entries:
        """One listing for the whole tree, however many folders it has."""
        bucket, key = address(root)
        tree: dict[str, dict[str, Entry]] = {root: {}}
        for item in self._listed(bucket, _folder(key)):
            if item["Key"].endswith("/"):
                raise Unproven("objects that mark folders among partitions")
            child = self._entry(bucket, item["Key"], _file(bucket, item))
            while child.path != root:
                parent = child.path.rpartition("/")[0]
                known = parent in tree
                tree.setdefault(parent, {})[child.name] = child
                if known:
                    break
                child = self._entry(bucket, address(parent)[1], None)
        return lambda folder: tree.get(folder, {}).values()

    def matching(self, pattern: str) -> list[Entry]:
        bucket, key = address(pattern)
        found = [f"s3://{bucket}"]
        parts = key.split("/")
        for depth, part in enumerate(parts):
            last = depth == len(parts) - 1
            if "*" not in part and "?" not in part:
                found = [f"{path}/{part}" for path in found]
                continue
            held = [entry for path in found for entry in self.entries(path) if matches(entry.name, part)]
            found = [entry.path for entry in held if last or entry.file is None]
        return [entry for path in found if (entry := self.look(path))]

    def open(self, file: File) -> BinaryIO:
        return cast(BinaryIO, io.BufferedReader(_Ranges(self.client, file), _FOOTER_BYTES))

    def keys(self, path: str) -> list[str]:
        """The key of every object in a folder."""
        bucket, key = address(path)
        return [item["Key"] for item in self._listed(bucket, _folder(key))]

    def _listed(self, bucket: str, prefix: str, *, first: bool = False) -> Iterator[Any]:
        """Every object of a prefix, or only the first: in S3's order that is the one named exactly so."""
        with errors(bucket):
            if first:
                yield from self.client.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1).get("Contents", ())
                return
            for page in self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
                yield from page.get("Contents", ())

    def _entry(self, bucket: str, key: str, file: File | None) -> Entry:
        entry = Entry(f"s3://{bucket}/{key}", file)
        if not entry.name or not _PLAIN.fullmatch(key):
            raise Unproven(f"object key {key!r}")
        return entry


@dataclass
class Publication:
    """Files on their way into a prefix. Uploads stay invisible until all are there; then they are completed at once."""

    client: Any
    bucket: str
    staged: list[tuple[str, str, list[dict[str, Any]]]] = field(default_factory=list)  # key, upload id, parts

    def stage(self, made: Iterable[tuple[str, Path]]) -> None:
        """Upload every file, seen by nobody. Raises Unproven, with nothing left behind."""
        try:
            with errors(self.bucket), ThreadPoolExecutor(_AT_ONCE) as pool:
                list(pool.map(lambda one: self._upload(*one), made))
        except BaseException:
            self.abort()
            raise

    def commit(self, replaced: list[str]) -> None:
        """Delete what is replaced, as Spark does first, then show the new objects."""
        try:
            for start in range(0, len(replaced), 1000):
                keys = [{"Key": key} for key in replaced[start : start + 1000]]
                answer = self.client.delete_objects(Bucket=self.bucket, Delete={"Objects": keys, "Quiet": True})
                if answer.get("Errors"):
                    raise OSError(f"cannot delete {answer['Errors'][0]}")
            while self.staged:
                key, upload, parts = self.staged[-1]
                self.client.complete_multipart_upload(
                    Bucket=self.bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts}
                )
                self.staged.pop()
        finally:
            self.abort()

    def abort(self) -> None:
        """Drop uploads that were not completed."""
        while self.staged:
            key, upload, _ = self.staged.pop()
            with suppress(Exception):
                self.client.abort_multipart_upload(Bucket=self.bucket, Key=key, UploadId=upload)

    def _upload(self, key: str, path: Path) -> None:
        upload = self.client.create_multipart_upload(Bucket=self.bucket, Key=key)["UploadId"]
        parts: list[dict[str, Any]] = []
        self.staged.append((key, upload, parts))
        with path.open("rb") as source:
            while (block := source.read(_PART_BYTES)) or not parts:
                number = len(parts) + 1
                answer = self.client.upload_part(
                    Bucket=self.bucket, Key=key, UploadId=upload, PartNumber=number, Body=block
                )
                parts.append({"ETag": answer["ETag"], "PartNumber": number})


class _Ranges(io.RawIOBase):
    """One version of an object, read in ranges."""

    def __init__(self, client: Any, file: File) -> None:
        self._client, self._file, self._at = client, file, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._file.size}[whence]
        return self._at

    def readinto(self, buffer: Any) -> int:
        end = min(self._at + len(buffer), self._file.size)
        if self._at >= end:
            return 0
        bucket, key = address(self._file.path)
        with errors(bucket):
            answer = self._client.get_object(
                Bucket=bucket, Key=key, Range=f"bytes={self._at}-{end - 1}", IfMatch=self._file.version
            )
            data = answer["Body"].read()
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


@contextmanager
def errors(bucket: str) -> Iterator[None]:
    """The store's errors: a missing bucket is the user's, anything else is Spark's to report."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code == "NoSuchBucket":
            message = f"Path does not exist: s3://{bucket}. There is no bucket {bucket!r}; create it first."
            raise analysis_error("PATH_NOT_FOUND", "42K03", message) from error
        raise Unproven(f"the storage endpoint's answer {code}") from error
    except BotoCoreError as error:
        raise Unproven(f"a storage endpoint that fails ({type(error).__name__})") from error


def _folder(key: str) -> str:
    return f"{key}/" if key else ""


def _file(bucket: str, item: Any) -> File:
    modified_ns = int(item["LastModified"].timestamp() * 1e9)
    return File(f"s3://{bucket}/{item['Key']}", item["Size"], modified_ns, item["ETag"])

"""Objects for the rest of Mastic, by `s3://bucket/key`: files of the bucket folders, or a real store's objects.

    storage = Storage.from_settings(settings)
    storage.read_bytes("s3://scripts/etl.py")

Every method raises the typed errors of `storage.errors`: NoSuchBucket, NoSuchKey, InvalidURI, AccessDenied,
InsufficientStorage, and StorageError for the rest, an unreachable endpoint for one.
"""

from __future__ import annotations

import os
import re
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

from mastic.settings import Settings
from mastic.storage import errors, listing, objects, removal
from mastic.storage.buckets import Buckets
from mastic.storage.keys import is_plain
from mastic.storage.sidecar import Meta

_URI = re.compile(r"s3[an]?://(?P<bucket>[^/]+)(?:/(?P<key>.*))?", re.DOTALL)
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Address:
    """A bucket and a key, which may be empty or a prefix."""

    bucket: str
    key: str

    @property
    def uri(self) -> str:
        """`s3://bucket/key`."""
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True, slots=True)
class Listed:
    """One object of a listing. `size` in bytes."""

    uri: str
    key: str
    size: int
    modified: datetime
    etag: str


def parse_uri(uri: str) -> Address:
    """The address in an `s3://`, `s3a://` or `s3n://` URI. Raises InvalidURI."""
    match = _URI.fullmatch(uri)
    if not match:
        raise errors.InvalidUri(f"{uri!r} is not an S3 URI; write s3://bucket/key")
    return Address(match["bucket"], match["key"] or "")


class Storage(ABC):
    """All objects of one installation."""

    @staticmethod
    def from_settings(settings: Settings) -> Storage:
        """The bucket folders, or the store at `storage.endpoint` where that is set."""
        return EndpointStorage(settings) if settings.storage_endpoint else FolderStorage(settings)

    @abstractmethod
    def open(self, uri: str) -> BinaryIO:
        """The object as a binary file to read; close it."""

    @abstractmethod
    def exists(self, uri: str) -> bool:
        """Whether the object is there. A missing bucket is an absent object."""

    @abstractmethod
    def list(self, uri: str) -> Iterator[Listed]:
        """Every object whose key begins with the URI's, in S3's order."""

    @abstractmethod
    def write_bytes(self, uri: str, data: bytes, *, content_type: str = "") -> None:
        """Put an object, atomically."""

    @abstractmethod
    def upload(self, path: Path, uri: str) -> None:
        """Put a file's content as an object, atomically."""

    @abstractmethod
    def delete(self, uri: str) -> None:
        """Delete an object; an absent one is fine."""

    @abstractmethod
    def create_bucket(self, bucket: str) -> None:
        """Make a bucket; one that is there is fine."""

    def local_path(self, uri: str) -> Path | None:
        """The object's or prefix's plain path on this machine, if it has one."""
        return None

    def read_bytes(self, uri: str) -> bytes:
        """The whole object."""
        with self.open(uri) as file:
            return file.read()

    def download(self, uri: str, path: Path) -> None:
        """Copy the object to a file, which appears whole or not at all."""
        partial = path.with_name(f"{path.name}.partial")
        try:
            with self.open(uri) as source, partial.open("wb") as target:
                shutil.copyfileobj(source, target, _BLOCK_BYTES)
            partial.replace(path)
        except OSError as error:
            raise errors.StorageError(f"Cannot copy {uri} to {path}: {error.strerror or error}") from error
        finally:
            partial.unlink(missing_ok=True)


class FolderStorage(Storage):
    """The bucket folders, without a server in between."""

    def __init__(self, settings: Settings) -> None:
        self._buckets = Buckets(settings.buckets, fsync=settings.storage_fsync)

    def open(self, uri: str) -> BinaryIO:
        address = _object(uri)
        return os.fdopen(objects.open_object(self._buckets.get(address.bucket), address.key.encode()).fd, "rb")

    def exists(self, uri: str) -> bool:
        address = _object(uri)
        try:
            return objects.find(self._buckets.get(address.bucket), address.key.encode()) is not None
        except errors.NoSuchBucket:
            return False

    def list(self, uri: str) -> Iterator[Listed]:
        address = parse_uri(uri)
        bucket = self._buckets.get(address.bucket)
        for info in listing.infos(bucket, prefix=address.key.encode()):
            key = info.key.decode()
            modified = datetime.fromtimestamp(info.mtime_ns / 1e9, UTC)
            yield Listed(f"s3://{bucket.name}/{key}", key, info.size, modified, info.etag)

    def write_bytes(self, uri: str, data: bytes, *, content_type: str = "") -> None:
        address = _object(uri)
        bucket = self._buckets.get(address.bucket)
        meta = Meta(etag=objects.md5_hex(data), headers={"content-type": content_type} if content_type else {})
        with _file_errors(), bucket.draft() as draft:
            draft.write(data)
            objects.commit(bucket, address.key.encode(), draft, meta)

    def upload(self, path: Path, uri: str) -> None:
        address = _object(uri)
        bucket = self._buckets.get(address.bucket)
        with _file_errors(), path.open("rb") as source, bucket.draft() as draft:
            while block := source.read(_BLOCK_BYTES):
                draft.write(block)
            objects.commit(bucket, address.key.encode(), draft, Meta())

    def delete(self, uri: str) -> None:
        address = _object(uri)
        removal.delete(self._buckets.get(address.bucket), address.key.encode())

    def create_bucket(self, bucket: str) -> None:
        self._buckets.create(bucket)

    def local_path(self, uri: str) -> Path | None:
        address = parse_uri(uri)
        root = Path(os.fsdecode(self._buckets.get(address.bucket).visible))
        key = address.key.rstrip("/")
        if key and not is_plain(key.encode()):
            return None
        return root / key


class EndpointStorage(Storage):
    """The store at `storage.endpoint`: MinIO, Ceph, AWS or any other that speaks S3."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client_cache: Any = None

    @property
    def _client(self) -> Any:
        if self._client_cache is None:
            import boto3  # 150 ms that folder users never pay
            from botocore.config import Config

            settings = self._settings
            self._client_cache = boto3.client(
                "s3",
                endpoint_url=settings.storage_endpoint,
                region_name=settings.region,
                aws_access_key_id=settings.storage_access_key or None,
                aws_secret_access_key=settings.storage_secret_key or None,
                config=Config(s3={"addressing_style": "path"}, retries={"mode": "standard"}),
            )
        return self._client_cache

    def open(self, uri: str) -> BinaryIO:
        address = _object(uri)
        with self._errors(address):
            body = self._client.get_object(Bucket=address.bucket, Key=address.key)["Body"]
        return cast(BinaryIO, body)

    def exists(self, uri: str) -> bool:
        address = _object(uri)
        try:
            with self._errors(address):
                self._client.head_object(Bucket=address.bucket, Key=address.key)
        except (errors.NoSuchKey, errors.NoSuchBucket):
            return False
        return True

    def list(self, uri: str) -> Iterator[Listed]:
        address = parse_uri(uri)
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=address.bucket, Prefix=address.key)
        with self._errors(address):
            for page in pages:
                for item in page.get("Contents", ()):
                    found = Address(address.bucket, item["Key"])
                    etag = item["ETag"].strip('"')
                    yield Listed(found.uri, found.key, item["Size"], item["LastModified"], etag)

    def write_bytes(self, uri: str, data: bytes, *, content_type: str = "") -> None:
        address = _object(uri)
        extra = {"ContentType": content_type} if content_type else {}
        with self._errors(address):
            self._client.put_object(Bucket=address.bucket, Key=address.key, Body=data, **extra)

    def upload(self, path: Path, uri: str) -> None:
        address = _object(uri)
        with self._errors(address):
            self._client.upload_file(str(path), address.bucket, address.key)

    def delete(self, uri: str) -> None:
        address = _object(uri)
        with self._errors(address):
            self._client.delete_object(Bucket=address.bucket, Key=address.key)

    def create_bucket(self, bucket: str) -> None:
        region = self._settings.region
        extra = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        try:
            with self._errors(Address(bucket, "")):
                self._client.create_bucket(Bucket=bucket, **extra)
        except errors.BucketAlreadyOwnedByYou:
            return

    @contextmanager
    def _errors(self, address: Address) -> Iterator[None]:
        from boto3.exceptions import S3UploadFailedError
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            raise self._translated(address, error.response) from error
        except (BotoCoreError, S3UploadFailedError) as error:
            raise errors.StorageError(f"storage.endpoint = {self._settings.storage_endpoint!r}: {error}") from error

    def _translated(self, address: Address, response: Any) -> errors.StorageError:
        code, status = response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]
        if code == "NoSuchBucket":
            return errors.missing_bucket(address.bucket)
        if code in ("NoSuchKey", "404") or status == 404:
            return errors.missing_key(address.bucket, address.key)
        if code == "BucketAlreadyOwnedByYou":
            return errors.BucketAlreadyOwnedByYou(response["Error"].get("Message", code))
        kind = errors.AccessDenied if status == 403 else errors.StorageError
        message = response["Error"].get("Message") or code
        return kind(f"{self._settings.storage_endpoint} answered {code} for {address.uri}: {message}")


def _object(uri: str) -> Address:
    address = parse_uri(uri)
    if not address.key:
        raise errors.InvalidUri(f"{uri!r} names a bucket; an object is s3://bucket/key")
    return address


@contextmanager
def _file_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise errors.from_os(error) from error

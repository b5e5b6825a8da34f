"""Errors of storage: S3's codes and statuses, one class each, for the door and for Python callers alike.

https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

import errno
from typing import ClassVar


class StorageError(Exception):
    """An S3 error: code, HTTP status and a message a person can act on; `detail` becomes elements of the XML."""

    code: ClassVar[str] = "InternalError"
    status: ClassVar[int] = 500

    def __init__(self, message: str, **detail: str) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail
        self.headers: dict[str, str] = {}


class AccessDenied(StorageError):
    code, status = "AccessDenied", 403


class BadDigest(StorageError):
    code, status = "BadDigest", 400


class BucketAlreadyOwnedByYou(StorageError):
    code, status = "BucketAlreadyOwnedByYou", 409


class BucketNotEmpty(StorageError):
    code, status = "BucketNotEmpty", 409


class EntityTooLarge(StorageError):
    code, status = "EntityTooLarge", 400


class EntityTooSmall(StorageError):
    code, status = "EntityTooSmall", 400


class IncompleteBody(StorageError):
    code, status = "IncompleteBody", 400


class InsufficientStorage(StorageError):
    """The disk is full. 507 is not retried by SDKs, which would only wait for the same answer."""

    code, status = "InsufficientStorage", 507


class InvalidAccessKeyId(StorageError):
    code, status = "InvalidAccessKeyId", 403


class InvalidArgument(StorageError):
    code, status = "InvalidArgument", 400


class InvalidBucketName(StorageError):
    code, status = "InvalidBucketName", 400


class InvalidDigest(StorageError):
    code, status = "InvalidDigest", 400


class InvalidPart(StorageError):
    code, status = "InvalidPart", 400


class InvalidPartNumber(StorageError):
    code, status = "InvalidPartNumber", 416


class InvalidPartOrder(StorageError):
    code, status = "InvalidPartOrder", 400


class InvalidRange(StorageError):
    code, status = "InvalidRange", 416


class InvalidRequest(StorageError):
    code, status = "InvalidRequest", 400


class InvalidTag(StorageError):
    code, status = "InvalidTag", 400


class InvalidUri(StorageError):
    code, status = "InvalidURI", 400


class KeyTooLong(StorageError):
    code, status = "KeyTooLongError", 400


class MalformedXml(StorageError):
    code, status = "MalformedXML", 400


class MetadataTooLarge(StorageError):
    code, status = "MetadataTooLarge", 400


class MethodNotAllowed(StorageError):
    code, status = "MethodNotAllowed", 405


class MissingContentLength(StorageError):
    code, status = "MissingContentLength", 411


class NoSuchBucket(StorageError):
    code, status = "NoSuchBucket", 404


class NoSuchKey(StorageError):
    code, status = "NoSuchKey", 404


class NoSuchUpload(StorageError):
    code, status = "NoSuchUpload", 404


class NotImplementedByDoor(StorageError):
    code, status = "NotImplemented", 501


class PreconditionFailed(StorageError):
    code, status = "PreconditionFailed", 412


class SignatureDoesNotMatch(StorageError):
    code, status = "SignatureDoesNotMatch", 403


class ContentSha256Mismatch(StorageError):
    code, status = "XAmzContentSHA256Mismatch", 400


def missing_bucket(bucket: str) -> NoSuchBucket:
    """NoSuchBucket naming the bucket and what to do."""
    return NoSuchBucket(f"The bucket {bucket!r} does not exist; create it first", BucketName=bucket)


def missing_key(bucket: str, key: str) -> NoSuchKey:
    """NoSuchKey naming the object."""
    return NoSuchKey(f"The object s3://{bucket}/{key} does not exist", Key=key)


def from_os(error: OSError) -> StorageError:
    """What a failed file operation means to an S3 client."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return InsufficientStorage(f"The disk that holds the buckets is full ({error.strerror}); nothing was stored")
    if error.errno == errno.ENAMETOOLONG:
        return KeyTooLong("The key makes a path longer than the file system allows")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return AccessDenied(f"The server may not do this in the bucket folder: {error.strerror}")
    return StorageError(f"The file system failed: {error.strerror or error}")

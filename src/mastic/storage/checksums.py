"""The checksums of S3: their header names, how to compute them, and how those of parts become that of the whole.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from collections.abc import Callable, Iterable
from typing import Protocol

from mastic.storage.errors import InvalidRequest

HEADER = "x-amz-checksum-"


class Digest(Protocol):
    """A running checksum."""

    def update(self, data: bytes | memoryview, /) -> None: ...
    def digest(self) -> bytes: ...


class _Crc:
    def __init__(self, function: Callable[..., int], size: int) -> None:
        self._function, self._size, self._value = function, size, 0

    def update(self, data: bytes | memoryview, /) -> None:
        self._value = self._function(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._size, "big")


def _crc32c() -> Digest:
    from awscrt.checksums import crc32c  # type: ignore[import-untyped]  # 40 ms of import that most servers need only at the first such request

    return _Crc(crc32c, 4)


def _crc64nvme() -> Digest:
    from awscrt.checksums import crc64nvme

    return _Crc(crc64nvme, 8)


ALGORITHMS: dict[str, Callable[[], Digest]] = {
    "crc32": lambda: _Crc(zlib.crc32, 4),
    "crc32c": _crc32c,
    "crc64nvme": _crc64nvme,
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "sha256": hashlib.sha256,
}


def new(algorithm: str) -> Digest:
    """A running checksum. Raises InvalidRequest for an algorithm S3 does not have."""
    try:
        return ALGORITHMS[algorithm.lower()]()
    except KeyError:
        raise InvalidRequest(
            f"Checksum algorithm {algorithm!r} is not supported; use one of {', '.join(ALGORITHMS).upper()}"
        ) from None


def encode(digest: Digest) -> str:
    """The checksum as S3 writes it."""
    return base64.b64encode(digest.digest()).decode()


def decode(value: str) -> bytes | None:
    """The bytes of a checksum or MD5 header, None if it is not base64."""
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None


def of_parts(algorithm: str, parts: Iterable[str]) -> str:
    """The COMPOSITE checksum: that of the parts' checksums, and their number."""
    digest, count = new(algorithm), 0
    for part in parts:
        digest.update(decode(part) or b"")
        count += 1
    return f"{encode(digest)}-{count}"


def combined(algorithm: str, parts: Iterable[tuple[str, int]]) -> str:
    """The FULL_OBJECT checksum from those of the parts and their sizes in bytes; only CRCs can do that."""
    from awscrt import checksums  # type: ignore[import-untyped]

    combine, size = {
        "crc32": (checksums.combine_crc32, 4),
        "crc32c": (checksums.combine_crc32c, 4),
        "crc64nvme": (checksums.combine_crc64nvme, 8),
    }[algorithm]
    value = 0
    for part, length in parts:
        value = combine(value, int.from_bytes(decode(part) or b"", "big"), length)
    return base64.b64encode(value.to_bytes(size, "big")).decode()

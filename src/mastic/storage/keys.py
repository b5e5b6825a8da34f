"""How object keys become paths: plain keys as they are, all others through a reversible encoding.

A plain key is a relative path, so engines find it as a file. Anything else (`a//b`, `/a`, `a/`, `../x`, NUL, a segment
over 255 bytes) and any key that another one stands in the way of (`a` beside `a/b`) lives in the bucket's escaped area,
a tree of directories whose names say what they add to the key:

    f<bytes>  a file, the key's last segment       d<bytes>  a directory, a segment and its slash
    c<bytes>  a directory, the first 84 bytes of a segment that long (the rest follows inside)

`%` and NUL are written `%25` and `%00`. Names starting differently never collide, so `a` and `a/b` can both be there.
"""

from __future__ import annotations

import re

from mastic.storage.errors import InvalidBucketName, KeyTooLong

MAX_KEY_BYTES = 1024
MAX_NAME_BYTES = 255
PIECE_BYTES = 84  # three times that, all escaped, still fits in a file name

_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)
_IP_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+", re.ASCII)


def is_bucket_name(name: str) -> bool:
    """Whether S3's naming rules allow this bucket name."""
    if not _BUCKET_NAME.fullmatch(name) or _IP_ADDRESS.fullmatch(name):
        return False
    return ".." not in name and not name.startswith(("xn--", "sthree-")) and not name.endswith(("-s3alias", "--ol-s3"))


def check_bucket_name(name: str) -> None:
    """Raise InvalidBucketName saying what a right name looks like."""
    if not is_bucket_name(name):
        raise InvalidBucketName(
            f"{name!r} is not a bucket name: 3 to 63 lowercase letters, digits, dots and hyphens, "
            "beginning and ending with a letter or digit",
            BucketName=name,
        )


def check_key(key: bytes) -> None:
    """Raise KeyTooLong over S3's 1,024 bytes."""
    if len(key) > MAX_KEY_BYTES:
        raise KeyTooLong("Your key is too long", Size=str(len(key)), MaxSizeAllowed=str(MAX_KEY_BYTES))


def is_plain(key: bytes) -> bool:
    """Whether the key is a relative path that names exactly one file below the bucket folder."""
    if b"\0" in key:
        return False
    return all(0 < len(s) <= MAX_NAME_BYTES and s != b"." and s != b".." for s in key.split(b"/"))


def escaped_path(key: bytes) -> bytes:
    """The key's path in the escaped area, relative to it."""
    *folders, last = key.split(b"/")
    names = [name for segment in folders for name in _names(segment, b"d")] + _names(last, b"f")
    return b"/".join(names)


def escaped_suffix(name: bytes) -> bytes | None:
    """What an entry of the escaped area adds to the key, or None for a foreign name."""
    kind, text = name[:1], name[1:].replace(b"%00", b"\0").replace(b"%25", b"%")
    if kind == b"d":
        return text + b"/"
    return text if kind in (b"f", b"c") else None


def _names(segment: bytes, kind: bytes) -> list[bytes]:
    pieces = []
    while len(segment) >= PIECE_BYTES:
        pieces.append(b"c" + _escape(segment[:PIECE_BYTES]))
        segment = segment[PIECE_BYTES:]
    return [*pieces, kind + _escape(segment)]


def _escape(text: bytes) -> bytes:
    return text.replace(b"%", b"%25").replace(b"\0", b"%00")

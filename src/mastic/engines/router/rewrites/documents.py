"""JSON documents (`multiLine`) as files of one record per line, which Sail reads."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from uuid import uuid4

import msgspec

from awsglue import _files
from mastic.engines.router.pb import Unproven
from mastic.engines.router.rewrites import copies
from mastic.engines.router.rewrites.files import File
from mastic.engines.router.rewrites.listing import Listing

_MAX_BYTES = 512 * 1024 * 1024  # a document is held in memory as a whole
_KEPT = 1024
_made: OrderedDict[File, File] = OrderedDict()


def as_lines(found: Listing) -> Listing:
    """The listing with a copy of each document in its place; raises Unproven for what is not JSON."""
    if found.partitions:
        raise Unproven("json documents in partitions")
    if sum(file.size for file in found.files) > _MAX_BYTES:
        raise Unproven("json documents of more than 512 MB")
    copies = tuple(_copy(file) for file in found.files)
    return Listing(tuple(file.path for file in copies), tuple(file for file in copies if file.size))


def _copy(file: File) -> File:
    if file not in _made:
        path = copies.folder() / f"{uuid4().hex}.json"
        text = _lines(file)
        path.write_bytes(text)
        _made[file] = File(str(path), len(text), path.stat().st_mtime_ns)
        if len(_made) > _KEPT:
            Path(_made.popitem(last=False)[1].path).unlink(missing_ok=True)
    return _made[file]


def _lines(file: File) -> bytes:
    text = _files.read_bytes(file.path)
    try:
        if text.lstrip()[:1] == b"[":
            records = msgspec.json.decode(text, type=list[msgspec.Raw])
        else:
            records = [msgspec.json.decode(text, type=msgspec.Raw)]
    except ValueError as error:
        raise Unproven(f"json document that is not one array or object ({error})") from error
    # Line breaks stand between tokens only: a text with one in it is not JSON.
    return b"".join(bytes(record).replace(b"\r", b" ").replace(b"\n", b" ") + b"\n" for record in records)

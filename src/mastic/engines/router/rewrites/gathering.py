"""Many small files of lines as a few large ones: Sail takes a millisecond for every file that it is told of."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

from awsglue import _files
from mastic.engines.router.rewrites import copies
from mastic.engines.router.rewrites.files import File, is_object

MANY = 256
SMALL_BYTES = 1024 * 1024
PART_BYTES = 64 * 1024 * 1024
MOST_BYTES = 4 * 1024 * 1024 * 1024  # of copies on this machine's disk
_WRITERS = 2
_KEPT = 8
_made: OrderedDict[tuple[File, ...], tuple[str, ...]] = OrderedDict()

log = logging.getLogger(__name__)


def gathered(files: tuple[File, ...]) -> Sequence[str]:
    """Paths that hold the lines of all the files: their own, or those of copies."""
    size = sum(file.size for file in files)
    if len(files) < MANY or size > min(MOST_BYTES, SMALL_BYTES * len(files)) or is_object(files[0].path):
        return [file.path for file in files]
    if files not in _made:
        try:
            _made[files] = _copies(_parts(files, size))
        except OSError as error:
            log.warning("%d small files are read one by one: %s", len(files), error)
            return [file.path for file in files]
        if len(_made) > _KEPT:
            _remove(_made.popitem(last=False)[1])
    return _made[files]


def _copies(parts: list[list[File]]) -> tuple[str, ...]:
    """A file for each part; none stays behind where one cannot be written."""
    paths = tuple(str(copies.folder() / f"{uuid4().hex}.json") for _ in parts)
    try:
        with ThreadPoolExecutor(_WRITERS) as pool:
            list(pool.map(_together, parts, paths))
    except OSError:
        _remove(paths)
        raise
    return paths


def _remove(paths: Iterable[str]) -> None:
    for path in paths:
        Path(path).unlink(missing_ok=True)


def _parts(files: tuple[File, ...], size: int) -> list[list[File]]:
    """The files in order, in parts of about one size."""
    part_bytes = min(PART_BYTES, size // _WRITERS + 1)
    parts: list[list[File]] = [[]]
    held = 0
    for file in files:
        if held >= part_bytes:
            parts.append([])
            held = 0
        parts[-1].append(file)
        held += file.size
    return parts


def _together(files: list[File], path: str) -> None:
    with Path(path).open("wb") as out:
        for file in files:
            text = _files.read_bytes(file.path)
            out.write(text if text.endswith(b"\n") else text + b"\n")

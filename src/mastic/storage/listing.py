"""Listing a bucket in S3's order (UTF-8 bytes of the key), a page at a time, reading only what the page needs.

The bucket folder and its escaped area are walked together, sorted folder by sorted folder; folders that lie before the
marker or outside the prefix are not opened, and with delimiter `/` a folder is one common prefix, opened only to see
whether there is any object in it.
"""

from __future__ import annotations

import os
import time
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from heapq import merge
from threading import Lock

from mastic.storage.buckets import Bucket
from mastic.storage.keys import escaped_suffix
from mastic.storage.objects import ObjectInfo, stat_object

SETTLED_SECONDS = 1.0  # a folder changed less long ago may change again within the same time stamp
CACHED_FOLDERS = 16
CACHED_MIN_ENTRIES = 500

Suffix = Callable[[bytes, bool], "bytes | None"]


@dataclass(frozen=True, slots=True)
class Node:
    """An entry of a folder: what it adds to the key, its name, and whether it is a folder."""

    suffix: bytes
    name: bytes
    is_folder: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """A key with the path of its file, or a common prefix without one."""

    key: bytes
    path: bytes


@dataclass(slots=True)
class Page:
    """One answer of a listing. `last` is where the next page starts after, empty when there is none."""

    objects: list[ObjectInfo] = field(default_factory=list)
    prefixes: list[bytes] = field(default_factory=list)
    last: bytes = b""
    truncated: bool = False


def list_page(bucket: Bucket, *, prefix: bytes, delimiter: bytes, after: bytes, limit: int) -> Page:
    """The objects and common prefixes after `after`, at most `limit` of both together."""
    page = Page()
    for hit in hits(bucket, prefix=prefix, delimiter=delimiter, after=after):
        if len(page.objects) + len(page.prefixes) >= limit:
            page.truncated = limit > 0
            return page
        if not hit.path:
            page.prefixes.append(hit.key)
        elif (info := _stat(bucket, hit)) is not None:
            page.objects.append(info)
        else:
            continue
        page.last = hit.key
    return page


def infos(bucket: Bucket, *, prefix: bytes = b"") -> Iterator[ObjectInfo]:
    """Every object under a prefix, in order."""
    for hit in hits(bucket, prefix=prefix):
        info = _stat(bucket, hit)
        if info is not None:
            yield info


def hits(bucket: Bucket, *, prefix: bytes = b"", delimiter: bytes = b"", after: bytes = b"") -> Iterator[Hit]:
    """Every key and common prefix greater than `after`, in order."""
    by_folder = delimiter == b"/"
    walks = [
        _walk(bucket.visible, b"", prefix, after, by_folder, _plain_suffix),
        _walk(bucket.escaped, b"", prefix, after, by_folder, _escaped_suffix),
    ]
    found = merge(*walks, key=lambda hit: hit.key) if os.path.lexists(bucket.escaped) else walks[0]
    if delimiter and not by_folder:
        found = _group(found, prefix, delimiter, after)
    last = None
    for hit in found:
        # A key in both areas is the plain file: merge is stable and the bucket folder comes first.
        if hit.key != last:
            yield hit
        last = hit.key


def _walk(folder: bytes, base: bytes, prefix: bytes, after: bytes, by_folder: bool, suffix: Suffix) -> Iterator[Hit]:
    """The hits below `folder`, whose keys all start with `base`."""
    nodes = _nodes(folder, suffix)
    wanted = prefix[len(base) :]
    start = max(_lower_bound(base, prefix), _lower_bound(base, after))
    first = max(bisect_left(nodes, start, key=lambda node: node.suffix) - 1, 0)
    for node in nodes[first:]:
        key, path = base + node.suffix, b"%b/%b" % (folder, node.name)
        if not node.suffix.startswith(wanted) and not (node.is_folder and wanted.startswith(node.suffix)):
            if node.suffix > wanted:
                return
            continue
        if not node.is_folder:
            if key > after:
                yield Hit(key, path)
        elif key <= after and not after.startswith(key):
            continue
        elif by_folder and key.endswith(b"/") and len(key) > len(prefix):
            if key != after and _has_object(path, key, after, suffix):
                yield Hit(key, b"")
        else:
            yield from _walk(path, key, prefix, after, by_folder, suffix)


def _lower_bound(base: bytes, bound: bytes) -> bytes:
    return bound[len(base) :] if bound.startswith(base) else b""


def _has_object(folder: bytes, base: bytes, after: bytes, suffix: Suffix) -> bool:
    return next(_walk(folder, base, base, after, False, suffix), None) is not None


def _group(found: Iterator[Hit], prefix: bytes, delimiter: bytes, after: bytes) -> Iterator[Hit]:
    """Roll keys up to common prefixes for a delimiter other than `/`: rare, so every key is looked at."""
    for hit in found:
        end = hit.key.find(delimiter, len(prefix))
        if end < 0:
            yield hit
            continue
        common = hit.key[: end + len(delimiter)]
        if common != after:
            yield Hit(common, b"")


def _stat(bucket: Bucket, hit: Hit) -> ObjectInfo | None:
    for _ in range(3):
        info = stat_object(bucket, hit.key, hit.path)
        if info is not None:
            return info
        if not os.path.lexists(hit.path):
            return None
    return None


def _plain_suffix(name: bytes, is_folder: bool) -> bytes | None:
    try:
        name.decode()
    except UnicodeDecodeError:
        return None  # no S3 key can name this file
    return name + b"/" if is_folder else name


def _escaped_suffix(name: bytes, is_folder: bool) -> bytes | None:
    return escaped_suffix(name) if (name[:1] == b"f") != is_folder else None


class _FolderCache:
    """The sorted entries of the large folders listed last, each valid while the folder's time stamp stands."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._entries: OrderedDict[bytes, tuple[tuple[int, int], list[Node]]] = OrderedDict()

    def get(self, folder: bytes, stamp: tuple[int, int]) -> list[Node] | None:
        with self._lock:
            known = self._entries.get(folder)
            if known is None or known[0] != stamp:
                return None
            self._entries.move_to_end(folder)
            return known[1]

    def put(self, folder: bytes, stamp: tuple[int, int], nodes: list[Node]) -> None:
        with self._lock:
            self._entries[folder] = (stamp, nodes)
            while len(self._entries) > CACHED_FOLDERS:
                self._entries.popitem(last=False)


_cache = _FolderCache()


def _nodes(folder: bytes, suffix: Suffix) -> list[Node]:
    try:
        st = os.lstat(folder)
        stamp = (st.st_ino, st.st_mtime_ns)
        known = _cache.get(folder, stamp)
        if known is not None:
            return known
        started = time.time()
        nodes = _scan(folder, suffix)
    except (FileNotFoundError, NotADirectoryError):
        return []
    if len(nodes) >= CACHED_MIN_ENTRIES and started - st.st_mtime > SETTLED_SECONDS:
        _cache.put(folder, stamp, nodes)
    return nodes


def _scan(folder: bytes, suffix: Suffix) -> list[Node]:
    nodes = []
    with os.scandir(folder) as entries:
        for entry in entries:
            is_folder = entry.is_dir(follow_symlinks=False)
            if not is_folder and not entry.is_file(follow_symlinks=False):
                continue  # a symbolic link, pipe or socket is no object
            added = suffix(entry.name, is_folder)
            if added is not None:
                nodes.append(Node(added, entry.name, is_folder))
    nodes.sort(key=lambda node: node.suffix)
    return nodes

"""The full pass over JSON lines that finds a shape true for every record: blocks of text, on every core."""

from __future__ import annotations

import json
import os
import re
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial, reduce
from itertools import chain
from typing import Any

from awsglue import _files
from awsglue._json_pattern import Expected
from awsglue._json_shape import INT_MAX, INT_MIN, LONG_MAX, LONG_MIN, NOTHING, SCALARS, Shape, Unsure, integers
from awsglue._json_skeleton import shape_of_lines

BLOCK_BYTES = 8 * 1024 * 1024
READERS = 16  # of objects at an endpoint; files need no more than there are cores
SETTLED_SECONDS = 3.0  # a file younger than this may still change without looking changed


@dataclass(frozen=True)
class Seen:
    """What a full pass found: the records' shape, and how many pieces are not JSON objects.

    `notes`: "minus zero" where there may be an integer -0, "doubled" where a record may name a field twice.
    """

    shape: Shape
    bad: int
    notes: frozenset[str] = frozenset()

    def __or__(self, other: Seen) -> Seen:
        return Seen(self.shape | other.shape, self.bad + other.bad, self.notes | other.notes)


_MINUS_ZERO = re.compile(rb"-0\s*[,}\]]")


def lines_seen(
    block: bytes, otherwise: Callable[[bytes], Seen], expected: Expected | None = None, *, exact: bool = False
) -> Seen:
    """The shape of one record per line; `otherwise` looks at what is neither as expected nor plain.

    `exact`: bounds of integers are the tightest.
    """
    if expected is None:
        return _unexpected(block, otherwise, exact=exact)
    try:
        others = expected.others(block)
    except UnicodeDecodeError:
        return _unexpected(block, otherwise)
    return Seen(expected.shape, 0) | (_unexpected(others, otherwise) if others else Seen(NOTHING, 0))


def _unexpected(block: bytes, otherwise: Callable[[bytes], Seen], *, exact: bool = False) -> Seen:
    import pyarrow as pa

    notes = {"minus zero"} if b"-0" in block and _MINUS_ZERO.search(block) else set()
    looks = (_by_arrow,) if exact else (shape_of_lines, _by_arrow)
    for look in () if _files.has_odd_lines(block) else looks:
        try:
            return Seen(look(block), 0, frozenset(notes))
        except (Unsure, UnicodeDecodeError):
            continue
        except pa.ArrowException as error:
            notes |= {"doubled"} if "twice" in str(error) else set()
    seen = otherwise(block)
    return Seen(seen.shape, seen.bad, seen.notes | notes)


def _by_arrow(block: bytes) -> Shape:
    import pyarrow as pa
    from pyarrow import json as arrow_json

    text = block.strip(b" \t\r\n")
    if not text:
        return NOTHING
    lines = text.count(b"\n")
    if text.count(b"}\n{") != lines:
        text = re.sub(rb"[ \t\r]*\n\s*", b"\n", text)
        lines = text.count(b"\n")
    # Arrow does not mind records that share a line or take several; whoever reads line by line does.
    if text[:1] != b"{" or text[-1:] != b"}" or text.count(b"}\n{") != lines:
        raise Unsure
    whole = arrow_json.ReadOptions(use_threads=False, block_size=len(text) + 1)
    source: Any = pa.BufferReader(text)
    table = arrow_json.read_json(source, whole)
    if table.num_rows != lines + 1:
        raise Unsure
    table.validate(full=True)  # the texts are UTF-8
    fields = {name: _of_column(table.column(name), name, text) for name in table.column_names}
    return Shape(frozenset(("struct",)), fields=fields)


def _of_column(column: Any, name: str, text: bytes) -> Shape:
    chunks = column.chunks
    return reduce(Shape.__or__, (_of_array(chunk, _Literals(name, text)) for chunk in chunks), NOTHING)


@dataclass(frozen=True)
class _Literals:
    """The numbers of a field as they are written: Arrow makes doubles of 1 and 1.0 alike."""

    name: str
    text: bytes
    depth: int = 0  # of arrays around the number

    def may_be_whole(self) -> bool:
        key = json.dumps(self.name)
        if self.depth > 1 or not self.name.isascii() or len(key) != len(self.name) + 2:
            return True
        before = rb"\[(?:[^\[\]]*,)?\s*" if self.depth else b""
        pattern = re.escape(key.encode()) + rb"\s*:\s*" + before + rb"-?\d+\s*[,}\]]"
        return re.search(pattern, self.text) is not None or re.search(rb"\\u00[2-7]", self.text) is not None


def _of_array(array: Any, literals: _Literals) -> Shape:
    import pyarrow.types as kinds

    if array.null_count == len(array):
        return NOTHING
    if kinds.is_struct(array.type):
        fields = {f.name: _of_array(array.field(i), _Literals(f.name, literals.text)) for i, f in enumerate(array.type)}
        return Shape(frozenset(("struct",)), fields=fields)
    if kinds.is_list(array.type):
        inner = _Literals(literals.name, literals.text, literals.depth + 1)
        return Shape(frozenset(("array",)), element=_of_array(array.flatten(), inner))
    if kinds.is_boolean(array.type):
        return SCALARS[bool]
    if kinds.is_int64(array.type):
        return _of_integers(array)
    if kinds.is_float64(array.type):
        return _of_doubles(array, literals)
    return SCALARS[str]  # what looks like a time is text all the same


def _ends(array: Any) -> tuple[Any, Any]:
    import pyarrow.compute as pc

    held: Any = pc.min_max(array).as_py()
    return held["min"], held["max"]


def _of_integers(array: Any) -> Shape:
    import pyarrow as pa
    import pyarrow.compute as pc

    low, high = _ends(array)
    small = pa.scalar(INT_MIN, pa.int64()), pa.scalar(INT_MAX, pa.int64())

    def sizes() -> Iterator[str]:
        within = pc.and_(pc.greater_equal(array, small[0]), pc.less_equal(array, small[1]))
        yield "long"
        if pc.any(within).as_py():
            yield "int"

    return integers(low, high, sizes)


def _of_doubles(array: Any, literals: _Literals) -> Shape:
    import pyarrow.compute as pc

    low, high = _ends(array)
    if not pc.all(pc.is_finite(array)).as_py() or low <= LONG_MIN or high >= LONG_MAX:
        raise Unsure
    if pc.any(pc.equal(pc.floor(array), array)).as_py() and literals.may_be_whole():
        raise Unsure
    return SCALARS[float]


# -- of files


def blocks(path: str) -> Iterator[bytes]:
    """A file's text in blocks that end at a line's end."""
    with _files.open_stream(path) as stream:
        rest = b""
        while block := stream.read(BLOCK_BYTES):
            cut = block.rfind(b"\n") + 1
            if not cut:
                rest += block
                continue
            yield rest + block[:cut]
            rest = block[cut:]
        if rest:
            yield rest


def files_seen(files: Sequence[_files.File], otherwise: Callable[[bytes], Seen], *, exact: bool = False) -> Seen:
    """The shape of every record, one per line, of all the files; blocks are looked at on every core."""
    seen = partial(lines_seen, exact=exact)
    cores = os.cpu_count() or 1
    total = Seen(NOTHING, 0)
    expected: Expected | None = None
    pending: deque[Future[Seen]] = deque()
    side_by_side = cores if not files or _files.is_file(files[0].path) else READERS
    with ThreadPoolExecutor(cores) as pool, ThreadPoolExecutor(side_by_side) as readers:
        texts = _texts(files, partial(_together, readers, side_by_side))
        for number, text in enumerate(chain(texts, (None,))):
            if text is not None:
                expected = expected if number or exact else Expected.of(text)
                pending.append(pool.submit(seen, text, otherwise, expected))
            while pending and (text is None or len(pending) >= 2 * cores):
                total |= pending.popleft().result()
    return total


def _texts(files: Sequence[_files.File], together: Callable[[list[str]], bytes]) -> Iterator[bytes]:
    """The files' text in blocks; small files are read side by side and share a block."""
    group: list[str] = []
    size = 0
    for file in files:
        if file.size >= BLOCK_BYTES // 8:
            yield from blocks(file.path)
            continue
        group.append(file.path)
        size += file.size
        if size >= BLOCK_BYTES:
            yield together(group)
            group, size = [], 0
    if group:
        yield together(group)


def _together(readers: ThreadPoolExecutor, count: int, paths: list[str]) -> bytes:
    """A share of the paths for each reader: handing over single files costs more than to read them."""
    each = -(-len(paths) // count)
    return b"\n".join(readers.map(_joined, (paths[at : at + each] for at in range(0, len(paths), each))))


def _joined(paths: list[str]) -> bytes:
    return b"\n".join(map(_files.read_bytes, paths))


_Key = tuple[bool, tuple[tuple[str, int, int], ...]]
_known: OrderedDict[_Key, Seen] = OrderedDict()


def remembered(
    files: Sequence[_files.File], names: Sequence[str], look: Callable[[], Seen], *, exact: bool = False
) -> Seen:
    """`look()`, or what it found the last time for the same files; `names` are their places without a scheme."""
    key = exact, tuple((n, file.size, file.modified_ms // 1000) for n, file in zip(names, files, strict=True))
    if key in _known:
        _known.move_to_end(key)
        return _known[key]
    started = time.time()
    seen = look()
    if all(file.modified_ms / 1000 + SETTLED_SECONDS < started for file in files):
        _known[key] = seen
        if len(_known) > 64:
            _known.popitem(last=False)
    return seen


def place(path: str) -> str:
    """What names a file however it is reached: bucket/key of an object, else the absolute path."""
    return path.split("://", 1)[1] if _files.is_s3(path) else str(_files.local_path(path).absolute())

"""What JSON records hold, place by place: found by Arrow in blocks on every core, by Python where Arrow cannot tell."""

from __future__ import annotations

import json
import os
import re
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import reduce
from itertools import chain
from typing import Any

from awsglue import _files
from awsglue.gluetypes import (
    ArrayType,
    BooleanType,
    ChoiceType,
    DataType,
    DecimalType,
    DoubleType,
    Field,
    IntegerType,
    LongType,
    NullType,
    StringType,
    StructType,
)

BLOCK_BYTES = 8 * 1024 * 1024
INT_MIN, INT_MAX = -(2**31), 2**31 - 1
LONG_MIN, LONG_MAX = -(2**63), 2**63 - 1
READERS = 16
SETTLED_SECONDS = 3.0  # a file younger than this may still change without looking changed


@dataclass(frozen=True)
class Shape:
    """The values of one place. Integers are `int`, `long` or `huge` by size, `low` to `high`; nulls leave no trace."""

    kinds: frozenset[str] = frozenset()
    low: int = 0
    high: int = 0
    element: Shape | None = None
    fields: Mapping[str, Shape] = field(default_factory=dict)

    def __or__(self, other: Shape) -> Shape:
        """What was seen in either; fields in the order they were first met."""
        if not self.kinds or self == other:
            return other
        if not other.kinds:
            return self
        whole = [each for each in (self, other) if each.kinds & _INTEGERS]
        return Shape(
            self.kinds | other.kinds,
            min((each.low for each in whole), default=0),
            max((each.high for each in whole), default=0),
            other.element if self.element is None else self.element | (other.element or NOTHING),
            {
                name: self.fields.get(name, NOTHING) | other.fields.get(name, NOTHING)
                for name in dict.fromkeys(chain(self.fields, other.fields))
            },
        )

    def glue_type(self) -> DataType:
        """The Glue type that is true for every value: a choice where they are of several."""
        found = [self._type_of(kind) for kind in self.kinds]
        if len(found) > 1:
            return ChoiceType(sorted(found, key=lambda t: t.typeName()))
        return found[0] if found else NullType()

    def glue_struct(self) -> StructType:
        """The Glue type of records."""
        return StructType([Field(name, held.glue_type()) for name, held in self.fields.items()])

    def _type_of(self, kind: str) -> DataType:
        if kind == "array":
            return ArrayType((self.element or NOTHING).glue_type())
        return self.glue_struct() if kind == "struct" else _ATOMS[kind]()


_INTEGERS = frozenset(("int", "long", "huge"))
_ATOMS: dict[str, Callable[[], DataType]] = {
    "boolean": BooleanType,
    "string": StringType,
    "double": DoubleType,
    "int": IntegerType,
    "long": LongType,
    "huge": lambda: DecimalType(38, 0),
}
NOTHING = Shape()


# -- of Python values


def type_of(values: list[Any]) -> DataType:
    """The type that is true for every value of a field."""
    return shape_of(values).glue_type()


def shape_of(values: list[Any]) -> Shape:
    """The shape of values as a JSON decoder makes them."""
    kinds = set(map(type, values))
    kinds.discard(type(None))
    return reduce(
        Shape.__or__, (_of_kind(kind, values if len(kinds) == 1 else _only(values, kind)) for kind in kinds), NOTHING
    )


def _only(values: list[Any], kind: type) -> list[Any]:
    return [value for value in values if type(value) is kind]


def _of_kind(kind: type, values: list[Any]) -> Shape:
    if kind in _SCALARS:
        return _SCALARS[kind]
    values = [value for value in values if value is not None]
    if kind is int:
        return _integers(min(values), max(values), lambda: map(_size, values))
    if kind is list:
        return Shape(frozenset(("array",)), element=shape_of(list(chain.from_iterable(values))))
    return records_shape(values)


_SCALARS = {
    str: Shape(frozenset(("string",))),
    bool: Shape(frozenset(("boolean",))),
    float: Shape(frozenset(("double",))),
}


def records_shape(records: list[dict[str, Any]]) -> Shape:
    """The shape of records, field by field, in the order fields are first met."""
    names = dict.fromkeys(chain.from_iterable(records))
    return Shape(frozenset(("struct",)), fields={n: shape_of([r[n] for r in records if n in r]) for n in names})


def _size(value: int) -> str:
    if INT_MIN <= value <= INT_MAX:
        return "int"
    if LONG_MIN <= value <= LONG_MAX:
        return "long"
    return "huge" if abs(value) < 10**38 else "double"  # as Spark types what no decimal holds


def _integers(low: int, high: int, sizes: Callable[[], Iterable[str]]) -> Shape:
    same = (_size(low) == _size(high) and (low < 0) == (high < 0)) or _size(low) == _size(high) == "int"
    return Shape(frozenset((_size(low),) if same else sizes()), low, high)


# -- of text


class _Unsure(Exception):
    """Arrow's reading does not say all there is to know."""


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


def lines_seen(block: bytes, otherwise: Callable[[bytes], Seen]) -> Seen:
    """The shape of one record per line; `otherwise` looks at what Arrow is not sure of."""
    import pyarrow as pa

    notes = {"minus zero"} if b"-0" in block and _MINUS_ZERO.search(block) else set()
    try:
        return Seen(_by_arrow(block), 0, frozenset(notes))
    except (_Unsure, UnicodeDecodeError):
        pass
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
        raise _Unsure
    whole = arrow_json.ReadOptions(use_threads=False, block_size=len(text) + 1)
    source: Any = pa.BufferReader(text)
    table = arrow_json.read_json(source, whole)
    if table.num_rows != lines + 1:
        raise _Unsure
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
        return _SCALARS[bool]
    if kinds.is_int64(array.type):
        return _of_integers(array)
    if kinds.is_float64(array.type):
        return _of_doubles(array, literals)
    return _SCALARS[str]  # what looks like a time is text all the same


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

    return _integers(low, high, sizes)


def _of_doubles(array: Any, literals: _Literals) -> Shape:
    import pyarrow.compute as pc

    low, high = _ends(array)
    if not pc.all(pc.is_finite(array)).as_py() or low <= LONG_MIN or high >= LONG_MAX:
        raise _Unsure
    if pc.any(pc.equal(pc.floor(array), array)).as_py() and literals.may_be_whole():
        raise _Unsure
    return _SCALARS[float]


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


def files_seen(files: Sequence[_files.File], otherwise: Callable[[bytes], Seen]) -> Seen:
    """The shape of every record, one per line, of all the files; blocks are looked at on every core."""
    cores = os.cpu_count() or 1
    total = Seen(NOTHING, 0)
    pending: deque[Future[Seen]] = deque()
    with ThreadPoolExecutor(cores) as pool, ThreadPoolExecutor(READERS) as readers:
        for text in chain(_texts(files, readers), (None,)):
            if text is not None:
                pending.append(pool.submit(lines_seen, text, otherwise))
            while pending and (text is None or len(pending) >= 2 * cores):
                total |= pending.popleft().result()
    return total


def _texts(files: Sequence[_files.File], readers: ThreadPoolExecutor) -> Iterator[bytes]:
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
            yield b"\n".join(readers.map(_files.read_bytes, group))
            group, size = [], 0
    if group:
        yield b"\n".join(readers.map(_files.read_bytes, group))


_Key = tuple[tuple[str, int, int], ...]
_known: OrderedDict[_Key, Seen] = OrderedDict()


def remembered(files: Sequence[_files.File], names: Sequence[str], look: Callable[[], Seen]) -> Seen:
    """`look()`, or what it found the last time for the same files; `names` are their places without a scheme."""
    key = tuple((name, file.size, file.modified_ms // 1000) for name, file in zip(names, files, strict=True))
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

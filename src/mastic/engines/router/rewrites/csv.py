"""CSV: Sail's reader gives Spark's answer for text that is plain enough; a scan of the bytes says whether it is.

What Sail cannot read (ragged rows, values that do not parse) it refuses, and Spark decides. What it would read
differently without a word must be found here: quotes in odd places, backslashes, lone carriage returns, line breaks
inside quotes, byte order marks.
"""

from __future__ import annotations

import io
import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import IO, TYPE_CHECKING

from awsglue import _files
from mastic.engines.router import types
from mastic.engines.router.pb import Unproven
from mastic.engines.router.rewrites.files import File
from mastic.engines.router.rewrites.listing import Listing
from mastic.engines.router.types import Type

if TYPE_CHECKING:
    from mastic.engines.router.relations import Analysis

Fields = tuple[tuple[str, Type], ...]
_CHUNK = 1 << 20  # what a processor keeps close: every look at a chunk after the first is free
_LARGE_CHUNK = 1 << 24  # where line breaks inside quotes and carriage returns elsewhere have to do with each other
_HARMLESS = {
    "mode": ("permissive", "failfast", "dropmalformed"),
    "encoding": ("utf-8", "utf8"),
    "charset": ("utf-8", "utf8"),
    "inferschema": ("false",),
    "emptyvalue": ("",),
    "enforceschema": ("true",),
    # Text with quotes where this would matter is never read here: see _objection.
    "unescapedquotehandling": ("raise_error", "stop_at_delimiter"),
    "recursivefilelookup": ("false",),
}
_TIME_FORMATS, _TIMES = ("dateformat", "timestampformat"), ("date", "timestamp")


@dataclass(frozen=True)
class Dialect:
    """How the text is cut, in single bytes."""

    separator: bytes
    quote: bytes
    escape: bytes
    header: bool
    multi_line: bool = False
    trim: bool = False
    comment: bytes = b""
    null: str = ""  # the text that means NULL, beside the empty one


def fields(analysis: Analysis, options: dict[str, str], found: Listing, given: Fields | None) -> Fields:
    """The columns of a CSV read; leaves in `options` what Sail needs."""
    dialect = _dialect(options)
    if any(key in options for key in _TIME_FORMATS) and any(type_.kind in _TIMES for _, type_ in given or ()):
        raise Unproven("read csv with a format for its times")
    columns = len(given) - len(found.partitions) if given is not None else 0
    for file in found.files:
        _scan(file, dialect, columns == 1)
    options.clear()
    options.update(header=str(dialect.header).lower(), sep=dialect.separator.decode())
    if dialect.quote:
        options["quote"] = dialect.quote.decode()
    if dialect.multi_line:
        analysis.proven.need("read csv multiLine")
        options["multiline"] = "true"
    if given is not None:
        return given
    if not found.files:
        raise Unproven("read csv without files or schema")
    heads = {_head(file, dialect) for file in found.files}
    if len(heads) != 1:
        raise Unproven("csv files with different first lines")
    names = heads.pop()
    if len(names) == 1:
        for file in found.files:
            _scan(file, dialect, True)
    return tuple((name, types.STRING) for name in names)


def _dialect(options: dict[str, str]) -> Dialect:
    known = {**options}
    separator = known.pop("sep", known.pop("delimiter", ","))
    quote, escape = known.pop("quote", '"'), known.pop("escape", "\\")
    header, multi_line = (known.pop(key, "false").lower() == "true" for key in ("header", "multiline"))
    trims = [known.pop(f"ignore{side}whitespace", "false").lower() for side in ("leading", "trailing")]
    comment, null = known.pop("comment", ""), known.pop("nullvalue", "")
    for key in _TIME_FORMATS:
        known.pop(key, None)
    for key, value in known.items():
        if value.lower() not in _HARMLESS.get(key, ()):
            raise Unproven(f"read csv option {key}={value}")
    quote = "" if quote in ("\0", "\u0000", "") else quote
    if separator == "\\t":
        separator = "\t"
    if len(separator) != 1 or not separator.isascii() or separator in "\r\n\0\\":
        raise Unproven(f"read csv option sep={separator!r}")
    if quote not in ('"', "'", ""):
        raise Unproven(f"read csv option quote={quote!r}")
    if escape not in ("\\", '"', "'", "\0", "") or (escape in ('"', "'") and escape != quote):
        raise Unproven(f"read csv option escape={escape!r}")
    if len(comment) > 1 or not comment.isascii():
        raise Unproven(f"read csv option comment={comment!r}")
    return Dialect(
        separator.encode(), quote.encode(), escape.strip("\0").encode(), header, multi_line, "true" in trims,
        comment.strip("\0").encode(), null,
    )  # fmt: skip


_scanned: OrderedDict[tuple[File, Dialect, bool], str] = OrderedDict()


def _scan(file: File, dialect: Dialect, single: bool) -> None:
    """Raise Unproven when the bytes hold something the two engines read differently."""
    if file.path.endswith((".zst", ".snappy", ".lz4", ".deflate", ".xz")):
        raise Unproven("compressed csv")
    key = (file, dialect, single)
    if key not in _scanned:
        _scanned[key] = _objection(file, dialect, single)
        if len(_scanned) > 4096:
            _scanned.popitem(last=False)
    if _scanned[key]:
        raise Unproven(f"csv with {_scanned[key]}")


def _objection(file: File, dialect: Dialect, single: bool) -> str:
    with _files.open_stream(file.path) as stream:
        first = True
        while chunk := stream.read(_LARGE_CHUNK if dialect.multi_line else _CHUNK):
            if not chunk.endswith(b"\n"):
                chunk += stream.readline()
            if dialect.multi_line and dialect.quote:
                chunk += b"".join(_to_the_close(chunk, stream, dialect.quote))
            if first and chunk.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
                return "a byte order mark"
            if first and chunk.lstrip(b" \t")[:1] in (b"\n", b"\r", b""):
                return "a blank first line"
            first = False
            objection = _chunk_objection(chunk, dialect, single)
            if objection:
                return objection
    return ""


def _to_the_close(chunk: bytes, stream: IO[bytes], quote: bytes) -> Iterator[bytes]:
    """The lines after a chunk up to one that ends outside quotes."""
    quotes = chunk.count(quote)
    while quotes % 2 and (line := stream.readline()):
        quotes += line.count(quote)
        yield line


def _chunk_objection(chunk: bytes, dialect: Dialect, single: bool) -> str:
    if b"\0" in chunk:
        return "NUL bytes"
    if b"\r" in chunk and chunk.count(b"\r") != chunk.count(b"\r\n"):
        return "lone carriage returns"
    if dialect.escape == b"\\" and b"\\" in chunk and dialect.quote and dialect.quote in chunk:
        return "backslashes and quotes"
    if (single or dialect.multi_line) and _BLANK.search(chunk):
        return "blank lines"
    if dialect.comment and (chunk.startswith(dialect.comment) or b"\n" + dialect.comment in chunk):
        return "comments"
    if dialect.trim and _edges(dialect.separator).search(chunk):
        return "white space around its fields"
    if not dialect.quote:
        # Sail cannot be told to read them as text.
        return "quotes that mean nothing" if b'"' in chunk else ""
    if dialect.quote not in chunk:
        return ""
    if dialect.null and 2 * dialect.quote in chunk:
        return "quoted empty fields beside a null value"
    return _quote_objection(chunk, dialect)


_BLANK = re.compile(rb"(?m)^[ \t\f\v]+\r?$")


@lru_cache(maxsize=16)
def _edges(separator: bytes) -> re.Pattern[bytes]:
    held = re.escape(separator)
    return re.compile(
        rb"(?m)(?:^|" + held + rb")[\x00-\x08\x0b-\x20\t]|[\x00-\x08\x0b\x0c\x0e-\x20\t](?:" + held + rb"|\r?$)"
    )


def _quote_objection(chunk: bytes, dialect: Dialect) -> str:
    """Every quoted field is quoted as a whole: every other quote opens one, and those between close one."""
    import numpy as np

    text = np.frombuffer(chunk, np.uint8)
    quotes = np.flatnonzero(text == dialect.quote[0])
    if len(quotes) % 2:
        return "quotes that are not closed"
    opening, closing = quotes[::2], quotes[1::2]
    doubled = closing[:-1] + 1 == opening[1:]
    if dialect.escape != dialect.quote and doubled.any():
        return "doubled quotes"
    ends = np.frombuffer(dialect.separator + b"\r\n", np.uint8)
    before = np.isin(text[np.maximum(opening, 1) - 1], ends) | (opening == 0)
    after = np.isin(text[np.minimum(closing, len(text) - 2) + 1], ends) | (closing == len(text) - 1)
    before[1:] |= doubled
    after[:-1] |= doubled
    if not (before.all() and after.all()):
        return "quotes in odd places"
    breaks = np.flatnonzero(text == ord("\n"))
    if (np.searchsorted(quotes, breaks) % 2).any():
        if not dialect.multi_line:
            return "line breaks inside quotes"
        if b"\r" in chunk:
            return "carriage returns beside line breaks inside quotes"
    return ""


def _head(file: File, dialect: Dialect) -> tuple[str, ...]:
    import csv

    with io.TextIOWrapper(_files.open_stream(file.path), encoding="utf-8", errors="strict", newline="") as stream:
        try:
            line = stream.readline(1 << 20).rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise Unproven("csv that is not UTF-8") from error
    separator = dialect.separator.decode()
    if dialect.quote and line.count(dialect.quote.decode()) % 2:
        raise Unproven("csv header over several lines")
    if dialect.quote:
        held = next(csv.reader([line], delimiter=separator, quotechar=dialect.quote.decode()))
    else:
        held = line.split(separator)
    if not dialect.header:
        return tuple(f"_c{index}" for index in range(len(held)))
    names = tuple(name or f"_c{index}" for index, name in enumerate(held))
    if len({name.lower() for name in names}) != len(names):
        raise Unproven("csv header with repeated names")
    return names

"""CSV: Sail's reader gives Spark's answer for text that is plain enough; a scan of the bytes says whether it is.

What Sail cannot read (ragged rows, values that do not parse) it refuses, and Spark decides. What it would read
differently without a word must be found here: quotes in odd places, backslashes, lone carriage returns, line breaks
inside quotes, byte order marks.
"""

from __future__ import annotations

import io
import re
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from mastic.engines.router import types
from mastic.engines.router.pb import Unproven
from mastic.engines.router.rewrites.files import File, opened
from mastic.engines.router.rewrites.listing import Listing
from mastic.engines.router.types import Type

if TYPE_CHECKING:
    from mastic.engines.router.relations import Analysis

Fields = tuple[tuple[str, Type], ...]
_CHUNK = 1 << 24
_HARMLESS = {
    "mode": ("permissive", "failfast", "dropmalformed"),
    "encoding": ("utf-8", "utf8"),
    "charset": ("utf-8", "utf8"),
    "inferschema": ("false",),
    "multiline": ("false",),
    "nullvalue": ("",),
    "emptyvalue": ("",),
    "ignoreleadingwhitespace": ("false",),
    "ignoretrailingwhitespace": ("false",),
    "enforceschema": ("true",),
    # Text with quotes where this would matter is never read here: see _objection.
    "unescapedquotehandling": ("raise_error", "stop_at_delimiter"),
    "recursivefilelookup": ("false",),
}


@dataclass(frozen=True)
class Dialect:
    """How the text is cut, in single bytes."""

    separator: bytes
    quote: bytes
    escape: bytes
    header: bool


def fields(analysis: Analysis, options: dict[str, str], found: Listing, given: Fields | None) -> Fields:
    """The columns of a CSV read; leaves in `options` what Sail needs."""
    dialect = _dialect(options)
    columns = len(given) - len(found.partitions) if given is not None else 0
    for file in found.files:
        _scan(file, dialect, columns == 1)
    options.clear()
    options.update(header=str(dialect.header).lower(), sep=dialect.separator.decode())
    if dialect.quote:
        options["quote"] = dialect.quote.decode()
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
    header = known.pop("header", "false").lower() == "true"
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
    return Dialect(separator.encode(), quote.encode(), escape.strip("\0").encode(), header)


_scanned: OrderedDict[tuple[File, Dialect, bool], str] = OrderedDict()


def _scan(file: File, dialect: Dialect, single: bool) -> None:
    """Raise Unproven when the bytes hold something the two engines read differently."""
    if file.path.endswith((".gz", ".bz2", ".zst", ".snappy", ".lz4", ".deflate", ".xz")):
        raise Unproven("compressed csv")
    key = (file, dialect, single)
    if key not in _scanned:
        _scanned[key] = _objection(file, dialect, single)
        if len(_scanned) > 4096:
            _scanned.popitem(last=False)
    if _scanned[key]:
        raise Unproven(f"csv with {_scanned[key]}")


def _objection(file: File, dialect: Dialect, single: bool) -> str:
    with opened(file) as stream:
        first = True
        while chunk := stream.read(_CHUNK):
            if not chunk.endswith(b"\n"):
                chunk += stream.readline()
            if first and chunk.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
                return "a byte order mark"
            if first and chunk.lstrip(b" \t")[:1] in (b"\n", b"\r", b""):
                return "a blank first line"
            first = False
            objection = _chunk_objection(chunk, dialect, single)
            if objection:
                return objection
    return ""


def _chunk_objection(chunk: bytes, dialect: Dialect, single: bool) -> str:
    if b"\0" in chunk:
        return "NUL bytes"
    if b"\r" in chunk and chunk.count(b"\r") != chunk.count(b"\r\n"):
        return "lone carriage returns"
    if dialect.escape == b"\\" and b"\\" in chunk and dialect.quote and dialect.quote in chunk:
        return "backslashes and quotes"
    if single and re.search(rb"(?m)^[ \t\f\v]+\r?$", chunk):
        return "blank lines in its only column"
    if not dialect.quote or dialect.quote not in chunk:
        return ""
    left = _quoted(dialect).sub(b"", chunk)
    return "quotes in odd places" if dialect.quote in left else ""


@lru_cache(maxsize=16)
def _quoted(dialect: Dialect) -> re.Pattern[bytes]:
    """A field that is quoted as a whole, on one line."""
    separator, quote = re.escape(dialect.separator), re.escape(dialect.quote)
    inside = rb"[^" + quote + rb"\r\n]"
    if dialect.escape == dialect.quote:
        inside = rb"(?:" + inside + rb"|" + quote + quote + rb")"
    return re.compile(
        rb"(?<![^\n" + separator + rb"])" + quote + inside + rb"*" + quote + rb"(?=[\r\n" + separator + rb"]|\Z)"
    )


def _head(file: File, dialect: Dialect) -> tuple[str, ...]:
    import csv

    with io.TextIOWrapper(opened(file), encoding="utf-8", errors="strict", newline="") as stream:
        try:
            line = stream.readline(1 << 20).rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise Unproven("csv that is not UTF-8") from error
    separator = dialect.separator.decode()
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

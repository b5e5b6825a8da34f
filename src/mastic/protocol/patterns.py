"""The model's patterns are Java's. This turns them into Python's, matching what AWS matches.

AWS matches the whole value, `.` includes line ends, and `\\w`, `\\d`, `\\s` mean ASCII. A pair of surrogate escapes
in a class stands for one character beyond U+FFFF, and `\\p{L}` for a Unicode category.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable
from functools import cache

_SURROGATES = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_CATEGORY = re.compile(r"\\p\{(\w+)\}")
_CLASS = re.compile(r"\[(?:\\.|[^\]\\])*\]")
_LAST_ASCII = 0x7F
_DASH_AFTER_ESCAPE = re.compile(r"(\\[wds])-(?=[^\]])")


@cache
def matcher(pattern: str) -> Callable[[str], object]:
    """A function that is truthy when the whole text matches the Java pattern."""
    if not _CATEGORY.search(pattern):
        return _compiled(pattern, sys.maxunicode).fullmatch
    # Looking at all of Unicode takes a third of a second, and hardly any text needs it.
    return lambda text: _compiled(pattern, _LAST_ASCII if text.isascii() else sys.maxunicode).fullmatch(text)


def to_python(pattern: str, last: int = sys.maxunicode) -> str:
    """The same pattern in Python's notation, for texts of characters up to `last`."""
    pattern = _SURROGATES.sub(_character, pattern)
    return _CLASS.sub(lambda found: _rewrite_class(found.group(), last), pattern)


@cache
def _compiled(pattern: str, last: int) -> re.Pattern[str]:
    return re.compile(to_python(pattern, last), re.ASCII | re.DOTALL)


def _rewrite_class(text: str, last: int) -> str:
    text = _DASH_AFTER_ESCAPE.sub(r"\1\\-", text)  # Java reads the dash of [\w-_] as itself
    return _CATEGORY.sub(lambda found: category_ranges(found.group(1), last), text)


def _character(pair: re.Match[str]) -> str:
    high, low = (int(half, 16) for half in pair.groups())
    return f"\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08x}"


@cache
def category_ranges(category: str, last: int = sys.maxunicode) -> str:
    """The characters of a Unicode category (`L`, `Nd`) up to `last`, as the inside of a character class."""
    ranges: list[list[int]] = []
    for code in range(last + 1):
        if not unicodedata.category(chr(code)).startswith(category):
            continue
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)

"""The shape of JSON lines by their skeletons: what is left without the contents of texts and the digits of numbers.

Records of one table have few skeletons, however many they are; only those are decoded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import reduce
from typing import Any

from awsglue._json_shape import INT_MAX, LONG_MAX, NOTHING, Shape, Unsure, shape_of

PIECE_BYTES = 256 * 1024  # what a core has in its cache
FEW = 8  # lines for each skeleton; with fewer it is quicker to decode them all

_QUOTE, _BACKSLASH, _COLON, _MINUS, _POINT, _ZERO = b'"\\:-.0'
_AFTER_TEXT = b",}]:\n\r"
_ESCAPE = re.compile(rb"\\(?![/bfnrt]|u(?![dD][89a-fA-F])[0-9a-fA-F]{4})")
# A whole number is kept as one digit that says how large it may be.
_BOUNDS = (0, 10**7 - 1, INT_MAX, 10**15 - 1, LONG_MAX)
_DIGITS_OF = (0, 7, 9, 15, 18)


def shape_of_lines(text: bytes) -> Shape:
    """The shape of one JSON object per line. Raises Unsure, and UnicodeDecodeError."""
    return reduce(Shape.__or__, (shape_of_skeleton(value_of(line)) for line in few_skeletons(text)), NOTHING)


def few_skeletons(text: bytes, lines_each: int = FEW) -> Iterable[bytes]:
    """The skeletons of lines that are not blank, each once. Raises Unsure where there are many, UnicodeDecodeError."""
    distinct: dict[bytes, None] = {}
    lines = 0
    for piece in _pieces(text):
        found = _skeletons(piece)
        distinct.update(dict.fromkeys(found))
        lines += len(found)
        if len(distinct) > 16 + lines // lines_each:
            raise Unsure
    return filter(bytes.strip, distinct)


def _pieces(text: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(text):
        end = text.find(b"\n", start + PIECE_BYTES) + 1 or len(text)
        yield text[start:end]
        start = end


def _skeletons(text: bytes) -> list[bytes]:
    """Each line's skeleton."""
    import numpy as np

    if not text.isascii():
        text.decode()
    plain = np.frombuffer(_without_escapes(text) + b"\n", np.uint8)
    quote = plain == _QUOTE
    in_text, in_value = _insides(plain, quote)
    if b"\\" in text:
        written = np.frombuffer(text + b"\n", np.uint8)
        if ((written == _BACKSLASH) & in_text & ~in_value).any():
            raise Unsure  # within a name
    digit = (plain - np.uint8(_ZERO) < 10) & ~in_text
    kept = ~(digit | (in_value & ~quote))
    starts, stands_for = _numbers(plain, digit)
    kept[starts] = True
    shown = plain.copy()
    shown[starts] = stands_for
    lines: list[bytes] = shown[kept].tobytes().split(b"\n")
    return lines


def _without_escapes(text: bytes) -> bytes:
    """The text without escaped quotes and backslashes, of the same length."""
    if b"\\" not in text:
        return text
    text = text.replace(b"\\\\", b"__").replace(b'\\"', b"__")
    if _ESCAPE.search(text):
        raise Unsure
    return text


def _insides(plain: Any, quote: Any) -> tuple[Any, Any]:
    """Which bytes are within texts, and which within texts that are values, not names; opening quotes are."""
    import numpy as np

    quotes = np.flatnonzero(quote)
    if len(quotes) % 2:
        raise Unsure
    opening, closing = quotes[0::2], quotes[1::2]
    after = plain[closing + 1]
    allowed = np.zeros(256, bool)
    allowed[list(_AFTER_TEXT)] = True
    if not allowed[after].all():
        raise Unsure
    control = np.flatnonzero(plain < 32)
    if (np.searchsorted(quotes, control) % 2).any():
        raise Unsure  # within a text
    name = after == _COLON
    of_values = quote.copy()
    of_values[opening[name]] = of_values[closing[name]] = False
    return _between(quote), _between(of_values)


def _between(ends: Any) -> Any:
    """From each odd mark to before the next one: the running parity, eight marks at a time."""
    import numpy as np

    bits = np.packbits(ends)
    for distance in (1, 2, 4):
        bits ^= bits >> distance
    parity = np.bitwise_xor.accumulate(bits & 1)
    bits[1:] ^= np.negative(parity[:-1])
    return np.unpackbits(bits, count=len(ends)).view(bool)


def _numbers(plain: Any, digit: Any) -> tuple[Any, Any]:
    """Where each run of digits starts, and the digit it is kept as. Fractions are runs of their own."""
    import numpy as np

    starts = np.flatnonzero(digit[1:] & ~digit[:-1]) + 1
    ends = np.flatnonzero(digit[:-1] & ~digit[1:]) + 1
    if digit[0] or len(starts) != len(ends):
        raise Unsure
    before, after, length = plain[starts - 1], plain[ends], ends - starts
    fraction = before == _POINT
    whole = ~fraction & (after != _POINT)
    exponent = (after | 32 == ord("e")).any() or (before | 32 == ord("e")).any() or (before == ord("+")).any()
    if exponent or (length[~fraction] > _DIGITS_OF[-1]).any():
        raise Unsure
    if ((plain[starts] == _ZERO) & (length > 1) & ~fraction).any():
        raise Unsure  # 007 is no number
    size = np.searchsorted(np.array(_DIGITS_OF), length).astype(np.uint8)
    ten = np.flatnonzero(whole & (length == 10))
    size[ten] = np.where(_values(plain, starts[ten]) <= INT_MAX + (before[ten] == _MINUS), 2, 3)
    return starts, np.where(whole, size, 1) + np.uint8(_ZERO)


def _values(plain: Any, starts: Any) -> Any:
    """Numbers of ten digits."""
    import numpy as np

    value = np.zeros(len(starts), np.int64)
    for place in range(10):
        value = value * 10 + (plain[starts + place] - np.uint8(_ZERO))
    return value


def value_of(line: bytes) -> dict[str, Any]:
    """The record a skeleton is. Raises Unsure."""
    try:
        value = json.loads(line, object_pairs_hook=_record, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise Unsure from error
    if type(value) is not dict:
        raise Unsure
    return value


def _record(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise Unsure
    return record


def _refuse(name: str) -> Any:
    raise Unsure(name)


def shape_of_skeleton(value: Any) -> Shape:
    """The shape of all records with this skeleton; bounds of integers are those of their size."""
    if type(value) is dict:
        return Shape(frozenset(("struct",)), fields={name: shape_of_skeleton(held) for name, held in value.items()})
    if type(value) is list:
        return Shape(frozenset(("array",)), element=reduce(Shape.__or__, map(shape_of_skeleton, value), NOTHING))
    if type(value) is int:
        bound = _BOUNDS[abs(value)]
        kind = "int" if bound <= INT_MAX else "long"
        return Shape(frozenset((kind,)), -bound - 1 if value < 0 else 0, 0 if value < 0 else bound)
    return shape_of([value])

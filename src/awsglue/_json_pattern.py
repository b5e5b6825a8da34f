"""JSON lines like those seen before, told by one regular expression, which Arrow matches faster than it can parse."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from awsglue._json_shape import NOTHING, Shape, Unsure
from awsglue._json_skeleton import few_skeletons, shape_of_skeleton, value_of

SAMPLE_BYTES = 256 * 1024
LONGEST_PATTERN = 16 * 1024  # longer ones outgrow what the engine keeps in memory, and it turns slow

_TEXT = r'"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u(?:[0-9A-CEFa-cef][0-9A-Fa-f]{3}|[Dd][0-7][0-9A-Fa-f]{2}))*"'
_BLANK = r"[ \t]*"
# By the digit that stands for them in a skeleton; a larger size admits the smaller of the same type.
_WHOLE = {
    1: r"[1-9][0-9]{0,6}",
    2: r"(?:[1-9][0-9]{0,8}|1[0-9]{9}|20[0-9]{8})",
    3: r"[1-9][0-9]{10,14}",
    4: r"[1-9][0-9]{10,17}",
}


@dataclass
class _Place:
    """What the skeletons have at one place."""

    plain: set[str] = field(default_factory=set)
    structs: dict[tuple[str, ...], list[_Place]] = field(default_factory=dict)
    element: _Place | None = None

    def add(self, value: Any) -> None:
        if type(value) is dict:
            places = self.structs.setdefault(tuple(value), [_Place() for _ in value])
            for place, held in zip(places, value.values(), strict=True):
                place.add(held)
        elif type(value) is list:
            self.element = self.element or _Place()
            for held in value:
                self.element.add(held)
        else:
            self.plain.add(_plain(value))

    def pattern(self) -> str:
        choices = sorted(self.plain)
        for names, places in self.structs.items():
            held = (f'"\\Q{n}\\E":{_BLANK}{p.pattern()}' for n, p in zip(names, places, strict=True))
            choices.append(r"\{" + f",{_BLANK}".join(held) + r"\}")
        if self.element is not None:
            one = self.element.pattern()
            choices.append(rf"\[(?:{one}(?:,{_BLANK}{one})*)?\]" if one else r"\[\]")
        return choices[0] if len(choices) == 1 else f"(?:{'|'.join(choices)})" if choices else ""


def _plain(value: Any) -> str:
    if value is None:
        return "null"
    if type(value) is bool:
        return "(?:true|false)"
    if type(value) is str:
        return _TEXT
    if type(value) is float:
        return r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]+"
    if value < 0:
        return "-" + _WHOLE[-value]
    return _WHOLE[value] if value > 1 else f"(?:0|{_WHOLE[1]})"


@dataclass(frozen=True)
class Expected:
    """Lines as the first ones are: their shape, and the pattern that tells them."""

    shape: Shape
    pattern: str

    @classmethod
    def of(cls, text: bytes) -> Expected | None:
        """What the beginning of a text leads to expect; None where that is no help."""
        import pyarrow as pa

        cut = text.find(b"\n", SAMPLE_BYTES) + 1 or len(text)
        last = text[text.rfind(b"\n", 0, len(text) - SAMPLE_BYTES) + 1 :]
        try:
            found = cls._of(few_skeletons(text[:cut], 2))
            if len(found.others(last)) > len(last) // 2:
                return None
        except (Unsure, UnicodeDecodeError, pa.ArrowException):
            return None
        return found if len(found.pattern) <= LONGEST_PATTERN else None

    @classmethod
    def _of(cls, skeletons: Iterable[bytes]) -> Expected:
        shape, place = NOTHING, _Place()
        for value in map(value_of, skeletons):
            shape |= shape_of_skeleton(value)
            place.add(value)
        return cls(shape, rf"^{place.pattern()}\r?\n$")

    def others(self, text: bytes) -> bytes:
        """The lines that are not like those expected. Raises UnicodeDecodeError."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        if not text.isascii():
            text.decode()
        if not text.endswith(b"\n"):
            text += b"\n"
        ends = np.flatnonzero(np.frombuffer(text, np.uint8) == ord("\n"))
        places: Any = np.zeros(len(ends) + 1, np.int32)
        places[1:] = ends + 1
        lines = pa.StringArray.from_buffers(len(ends), pa.py_buffer(places), pa.py_buffer(text))
        fits: Any = pc.match_substring_regex(lines, pattern=self.pattern)
        odd = np.flatnonzero(~fits.to_numpy(zero_copy_only=False))
        return b"".join(text[places[i] : places[i + 1]] for i in odd)

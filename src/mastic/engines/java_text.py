"""Floating-point numbers as Java prints them, with the shortest digits (as from Java 19)."""

from __future__ import annotations

import math
from decimal import Decimal


def java_double(value: float) -> str:
    """`Double.toString`."""
    return _java(value, repr(float(value)))


def java_float(value: float) -> str:
    """`Float.toString` of a value that is a float."""
    import numpy as np

    return _java(value, np.format_float_positional(np.float32(value), trim="0"))


def _java(value: float, text: str) -> str:
    """`text`: the value's shortest digits, written plainly where Java does."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return text
    sign, digits, exponent = Decimal(text).as_tuple()
    shown = "".join(map(str, digits)).rstrip("0")
    return f"{'-' if sign else ''}{shown[0]}.{shown[1:] or '0'}E{len(digits) - 1 + int(exponent)}"

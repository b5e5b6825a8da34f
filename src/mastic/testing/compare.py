"""Two frames held against each other, and their difference in words a person can read."""

from __future__ import annotations

import decimal
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from mastic.testing.frames import to_arrow

MOST_ROWS = 20

Row = tuple[Any, ...]


def assert_frames_equal(actual: Any, expected: Any, *, row_order: bool = False, column_order: bool = False) -> None:
    """Fail with a readable difference unless both hold the same rows under the same columns.

    Takes whatever holds rows: pandas, Arrow, a list of dicts, `mastic.table(...)`, a DataFrame or DynamicFrame.
    Order of rows and columns counts only when asked for. Numbers are compared by value, floats to 12 digits.
    """
    __tracebackhide__ = True
    ours, theirs = to_arrow(actual), to_arrow(expected)
    columns = _columns(ours.column_names, theirs.column_names, column_order)
    found, wanted = _rows(ours, columns), _rows(theirs, columns)
    if (found == wanted) if row_order else (Counter(found) == Counter(wanted)):
        return
    raise AssertionError(_difference(columns, found, wanted, row_order))


def _columns(actual: list[str], expected: list[str], ordered: bool) -> list[str]:
    __tracebackhide__ = True
    if not expected and not actual:
        return []
    same = actual == expected if ordered else sorted(actual) == sorted(expected)
    if not same:
        missing, extra = [c for c in expected if c not in actual], [c for c in actual if c not in expected]
        parts = [f"missing: {', '.join(missing)}"] if missing else []
        parts += [f"not expected: {', '.join(extra)}"] if extra else []
        detail = "; ".join(parts) or f"another order: {', '.join(actual)} instead of {', '.join(expected)}"
        raise AssertionError(f"the columns differ ({detail})")
    return expected


def _rows(table: Any, columns: list[str]) -> list[Row]:
    return [tuple(_plain(row[name]) for name in columns) for row in table.to_pylist()]


def _plain(value: Any) -> Any:
    """A value that can be compared and counted: NaN equals NaN, a time without zone is UTC."""
    if isinstance(value, float):
        if math.isnan(value):
            return _NAN
        return float(f"{value:.12g}")
    if isinstance(value, decimal.Decimal):
        return value.normalize() if value.is_finite() else str(value)
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    if isinstance(value, Mapping):
        return _Struct((name, _plain(each)) for name, each in sorted(value.items()))
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return tuple(_plain(each) for each in value)
    return value


class _Nan:
    def __repr__(self) -> str:
        return "nan"


class _Struct(tuple[Any, ...]):
    def __repr__(self) -> str:
        return "{" + ", ".join(f"{name!r}: {value!r}" for name, value in self) + "}"


_NAN = _Nan()


def _difference(columns: list[str], found: list[Row], wanted: list[Row], ordered: bool) -> str:
    too_many, too_few = _only(found, wanted), _only(wanted, found)
    equal = len(found) - len(too_many)
    if ordered and not too_many and not too_few:
        first = next(n for n, (ours, theirs) in enumerate(zip(found, wanted, strict=True)) if ours != theirs)
        return f"the rows are the same in another order, first in row {first + 1}:" + _drawn(
            columns, [("-", wanted[first]), ("+", found[first])]
        )
    head = f"{len(found)} rows instead of {len(wanted)}" if len(found) != len(wanted) else "the rows differ"
    head += f": {len(too_few)} missing (-), {len(too_many)} not expected (+), {equal} equal"
    lines = _paired(too_few, too_many)
    more = f"\n  ... and {len(lines) - MOST_ROWS} more lines" if len(lines) > MOST_ROWS else ""
    return head + _drawn(columns, lines[:MOST_ROWS]) + more


def _only(these: list[Row], those: list[Row]) -> list[Row]:
    """The rows of the one that the other does not have, as often as it lacks them."""
    left = Counter(those)
    only = []
    for row in these:
        if left[row] > 0:
            left[row] -= 1
        else:
            only.append(row)
    return only


def _paired(missing: list[Row], extra: list[Row]) -> list[tuple[str, Row]]:
    """Each missing row with the unexpected one that is most like it, if any field agrees."""
    rest, lines = list(extra), []
    for row in missing:
        lines.append(("-", row))
        best = max(rest, key=lambda other: _alike(row, other), default=None)
        if best is not None and _alike(row, best):
            rest.remove(best)
            lines.append(("+", best))
    return lines + [("+", row) for row in rest]


def _alike(one: Row, other: Row) -> int:
    return sum(a == b for a, b in zip(one, other, strict=True))


def _drawn(columns: list[str], lines: list[tuple[str, Row]]) -> str:
    cells = [[repr(value) for value in row] for _, row in lines]
    widths = [max(len(name), *(len(row[n]) for row in cells)) for n, name in enumerate(columns)]
    drawn = ["  " + "  ".join(name.ljust(width) for name, width in zip(columns, widths, strict=True))]
    for (sign, _), row in zip(lines, cells, strict=True):
        drawn.append(f"{sign} " + "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)))
    return "".join(f"\n{line.rstrip()}" for line in drawn)

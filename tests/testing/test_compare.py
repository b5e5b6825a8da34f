"""A difference between two frames is told in words."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from mastic.testing import assert_frames_equal


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        ([{"a": 1}, {"a": 2}], [{"a": 2}, {"a": 1}]),
        ([{"a": 1, "b": "x"}], [{"b": "x", "a": 1}]),
        (pd.DataFrame({"a": [1, 2]}), pa.table({"a": [2, 1]})),
        (pa.table({"a": [float("nan"), 0.1 + 0.2]}), [{"a": float("nan")}, {"a": 0.3}]),
        ([{"a": 1}], [{"a": 1.0}]),
        ([{"a": Decimal("1.10")}], [{"a": Decimal("1.1")}]),
        ([{"a": datetime(2026, 1, 1, tzinfo=UTC)}], [{"a": datetime(2026, 1, 1)}]),
        ([{"a": {"x": [1, None]}}], [{"a": {"x": [1, None]}}]),
        (pa.table({"a": []}), pa.table({"a": []})),
        ([], []),
    ],
)
def test_equal(actual: Any, expected: Any) -> None:
    assert_frames_equal(actual, expected)


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        ([{"a": 1}], [{"a": 2}]),
        ([{"a": 1}, {"a": 1}], [{"a": 1}]),
        ([{"a": None}], [{"a": float("nan")}]),
        ([{"a": "1"}], [{"a": 1}]),
        ([{"a": 0.1}], [{"a": 0.1000001}]),
        ([{"a": True}], [{"b": True}]),
    ],
)
def test_different(actual: Any, expected: Any) -> None:
    with pytest.raises(AssertionError):
        assert_frames_equal(actual, expected)


def test_order_counts_when_asked_for() -> None:
    with pytest.raises(AssertionError, match="another order, first in row 1"):
        assert_frames_equal([{"a": 1}, {"a": 2}], [{"a": 2}, {"a": 1}], row_order=True)
    with pytest.raises(AssertionError, match="another order: a, b instead of b, a"):
        assert_frames_equal([{"a": 1, "b": 2}], [{"b": 2, "a": 1}], column_order=True)


def test_the_difference_is_drawn() -> None:
    actual = [{"id": 1, "amount": 10.0}, {"id": 2, "amount": 21.0}, {"id": 9, "amount": 1.0}]
    expected = [{"id": 1, "amount": 10.0}, {"id": 2, "amount": 20.0}]
    with pytest.raises(AssertionError) as caught:
        assert_frames_equal(actual, expected)
    assert str(caught.value).splitlines() == [
        "3 rows instead of 2: 1 missing (-), 2 not expected (+), 1 equal",
        "  id  amount",
        "- 2   20.0",
        "+ 2   21.0",
        "+ 9   1.0",
    ]


def test_columns_are_named() -> None:
    with pytest.raises(AssertionError, match=r"missing: b; not expected: c"):
        assert_frames_equal([{"a": 1, "c": 2}], [{"a": 1, "b": 2}])

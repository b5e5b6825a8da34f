"""What tests have at hand, as Arrow."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from mastic.testing import frames


class Text(str):
    """A string of another class."""


@pytest.mark.parametrize(
    "values",
    [
        [], [None], [1, None], [2**63 - 1, -(2**63)], [True, None], [1.5, float("nan"), None], ["a", None],
        [date(2026, 1, 1)], [datetime(2026, 1, 1)], [datetime(2026, 1, 1, tzinfo=UTC)], [b"x"], [1, 2.5], [Text("a")],
        [Decimal("1.10")], [[1], None], [{"x": 1}],
    ],
)  # fmt: skip
def test_rows_have_the_types_arrow_gives_them(values: list[Any]) -> None:
    made = frames.to_arrow([{"a": value} for value in values])
    inferred = pa.table({"a": values} if values else {})
    assert made.schema == inferred.schema
    assert repr(made.to_pylist()) == repr(inferred.to_pylist())

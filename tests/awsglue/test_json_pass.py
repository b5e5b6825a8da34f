"""JSON shapes: what Arrow says of a block is what Python says of its records."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awsglue import _json_pass
from awsglue._files import File, list_files
from awsglue._json import JsonOptions, infer, line_records, lines_by_python
from awsglue._json_pass import Seen, lines_seen
from awsglue._json_pattern import Expected
from awsglue._json_shape import records_shape

EDGES = [2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 2**63 - 1, -(2**63), 10**7, 10**15]
NUMBERS = st.one_of(
    st.integers(-5, 5), st.sampled_from(EDGES), st.integers(-(2**40), 2**40), st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([1.0, 2.0, -0.0, 1e20]),
)  # fmt: skip
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, st.sampled_from(["", "x", "2024-01-31", "1", "}\n{", 'é"a":1,']))
NAMES = st.sampled_from(["a", "b", "é", 'q"', "a b", "1"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=6,
)
RECORDS = st.lists(st.dictionaries(NAMES, VALUES, max_size=4), max_size=8)


def by_python(block: bytes) -> Seen:
    found = line_records(block)
    return Seen(records_shape(found.records), len(found.bad) + found.uneven)


def agree(seen: Any, exact: Any) -> bool:
    """Whether two shapes are the same but for bounds that are looser."""
    if seen is None or exact is None:
        return seen is exact
    return (
        seen.kinds == exact.kinds
        and seen.low <= exact.low <= exact.high <= seen.high
        and agree(seen.element, exact.element)
        and same_fields(seen, exact)
    )


def same_fields(seen: Any, exact: Any) -> bool:
    """Whether records have the same fields, in the order they are first met, of shapes that agree."""
    return list(seen.fields) == list(exact.fields) and all(map(agree, seen.fields.values(), exact.fields.values()))


@settings(deadline=None)
@given(RECORDS, st.booleans(), st.sampled_from(["\n", "\r\n", "\n\n", " \n\t"]))
def test_any_records(records: Any, ascii_only: bool, ending: str) -> None:
    text = "".join(json.dumps(record, ensure_ascii=ascii_only) + ending for record in records).encode()
    seen, expected = lines_seen(text, by_python), by_python(text)
    assert seen.bad == 0
    assert same_fields(seen.shape, expected.shape)
    assert lines_seen(text, by_python, exact=True).shape.fields == expected.shape.fields


@settings(deadline=None)
@given(RECORDS, RECORDS, st.booleans(), st.sampled_from([(",", ":"), (", ", ": ")]))
def test_what_the_first_records_lead_to_expect(first: Any, then: Any, ascii_only: bool, separators: Any) -> None:
    def text(records: Any) -> bytes:
        return "".join(json.dumps(r, ensure_ascii=ascii_only, separators=separators) + "\n" for r in records).encode()

    expected = Expected.of(text(first))
    seen = lines_seen(text(first), by_python, expected) | lines_seen(text(then), by_python, expected)
    assert same_fields(seen.shape, by_python(text(first + then)).shape)
    assert seen.bad == 0


@settings(deadline=None)
@given(st.binary(max_size=30), st.integers(0, 40))
def test_no_damage_passes_for_what_is_expected(damage: bytes, place: int) -> None:
    good = b'{"a": 1, "b": [{"c": "x", "d": 1.5}], "e": null}\n'
    expected = Expected.of(good)
    assert expected is not None and expected.others(good * 3) == b""
    text = good + good[:place] + damage + good[place:]
    seen, exact = lines_seen(text, lines_by_python, expected), lines_by_python(text)
    assert seen.bad == exact.bad
    assert same_fields(seen.shape, exact.shape)


def never(block: bytes) -> Seen:
    raise AssertionError(f"Python had to look at {block!r}")


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}\n{"a": null}\n',
        '{"price": 10.0, "n": 3}\n{"price": 12.5, "n": 4}',
        '{"xs": [1.0, 2.5], "o": {"p": [{"q": 1.0}]}}\r\n{"xs": []}\r\n',
        '{"t": "2024-01-31"}\n{"t": "2024-01-31T10:20:30Z"}\n',
        '{"i": 1}\n{"i": 3000000000}\n',
        '{"e": {}}\n{"e": {"x": [[1]]}}\n\n',
    ],
)
def test_arrow_alone_is_enough(text: str) -> None:
    assert same_fields(lines_seen(text.encode(), never).shape, by_python(text.encode()).shape)


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        (b'{"a": 1} {"a": 2}\n', 1),
        (b'{"a":\n1}\n', 2),
        (b'{"a": 1} {"a":\n2}\n', 2),
        (b'{"a": "\xff"}\n', 1),
        (b'{"a": "\\ud800"}\n', 1),
        (b'{"a": NaN}\n', 1),
        (b'{"a": 01}\n', 1),
        (b'{"a": 1},\n', 1),
        (b"1\n", 1),
        (b'{"a": 1}\nx', 1),
    ],
)
def test_what_is_not_one_record_per_line(text: bytes, bad: int) -> None:
    assert lines_seen(text, by_python).bad == bad


def test_files_share_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_json_pass, "BLOCK_BYTES", 64)
    for i in range(40):
        (tmp_path / f"{i:02d}.json").write_text(f'{{"a": {i}, "f{i}": true}}')  # no line break at the end
    (tmp_path / "z.json.gz").write_bytes(gzip.compress(b'{"a": 5000000000}\n' * 50))
    seen = infer(list_files(str(tmp_path)), JsonOptions())
    assert seen.bad == 0 and len(seen.shape.fields) == 41
    assert seen.shape.fields["a"].kinds == {"int", "long"}


def test_a_settled_file_is_looked_at_once() -> None:
    calls: list[int] = []

    def look() -> Seen:
        calls.append(1)
        return Seen(records_shape([{"a": 1}]), 0)

    old, young = File("s3://b/test-settled", 1, 1000), File("s3://b/test-young", 1, 4102444800000)
    for file in (old, old, young, young):
        _json_pass.remembered([file], [_json_pass.place(file.path)], look)
    assert len(calls) == 3

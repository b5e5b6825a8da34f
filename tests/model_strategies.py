"""Hypothesis strategies for valid requests, derived from the AWS model."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from typing import Any

from hypothesis import strategies as st

from mastic.protocol.model import service
from mastic.protocol.patterns import matcher, to_python

_MOST_OPTIONAL_MEMBERS = 3
_DEEPEST = 4
_CHARACTERS = [*map(chr, range(0x20, 0x7F)), *"\t\r\n\x00éß漢\u2028\ufffd\U0001f600\U0010ffff"]
_ONE_CLASS = re.compile(r"\^?\(?(\[(\\.|[^\]\\])+\]|\\S|\.)\)?[*+]\$?")


def requests(service_name: str, operation: str) -> st.SearchStrategy[dict[str, Any]]:
    """Valid parameters of an operation, as a caller of boto3 writes them."""
    model = service(service_name)
    reference = model.operations[operation].get("input")
    return shape(service_name, reference["shape"], 0) if reference else st.just({})


_EXAMPLES = [
    "a",
    "A",
    "1",
    "A1",
    "a.b",
    "a.b.c",
    "/",
    "a" * 36,
    "https://a.b",
    "s3://a/b",
    "sc://a",
    "Mon:1",
    "arn:aws:glue:us-east-1:123456789012:job/a",
    "arn:aws:iam::123456789012:role/a",
    "arn:aws:kms:us-east-1:123456789012:key/a",
    "arn:aws:secretsmanager:us-east-1:123456789012:secret:a",
    "ja-00000000-0000-0000-0000-000000000000",
    "00000000-0000-0000-0000-000000000000",
    "$",
    "3",
]


def smallest(service_name: str, name: str) -> Any:
    """The wire form of one valid value: required members only, everything as short as may be."""
    shapes = service(service_name).shapes
    description = shapes[name]
    kind, least = description["type"], description.get("min", 0)
    if kind == "structure":
        members = description["members"]
        wanted = description.get("required", []) or (sorted(members)[:1] if description.get("union") else [])
        return {member: smallest(service_name, members[member]["shape"]) for member in wanted}
    if kind == "list":
        return [smallest(service_name, description["member"]["shape"]) for _ in range(least)]
    if kind == "map":
        key, value = (smallest(service_name, description[part]["shape"]) for part in ("key", "value"))
        return {key: value} if least else {}
    if kind == "string":
        texts = description.get("enum", _EXAMPLES)
        match = matcher(description.get("pattern", ".*"))
        return next(text for text in texts if match(text) and least <= len(text) <= description.get("max", 2**31))
    return {"boolean": True, "timestamp": 0, "blob": "AA=="}.get(kind, least)


@cache
def shape(service_name: str, name: str, depth: int) -> st.SearchStrategy[Any]:
    """Valid values of a shape; beyond some depth only what is required."""
    description = service(service_name).shapes[name]
    kind = description["type"]
    if kind == "structure":
        return st.just({}) if description.get("document") else _structure(service_name, description, depth)
    if kind == "list":
        return _list(service_name, description, depth)
    if kind == "map":
        return _map(service_name, description, depth)
    return _scalar(description)


def _structure(service_name: str, description: dict[str, Any], depth: int) -> st.SearchStrategy[dict[str, Any]]:
    members, required = description["members"], description.get("required", [])
    optional = [member for member in members if member not in required]

    def values(chosen: list[str]) -> st.SearchStrategy[dict[str, Any]]:
        return st.fixed_dictionaries({m: shape(service_name, members[m]["shape"], depth + 1) for m in chosen})

    if description.get("union"):
        return st.sampled_from(sorted(members)).flatmap(lambda member: values([member]))
    if depth >= _DEEPEST or not optional:
        return values(required)
    some = st.lists(st.sampled_from(optional), max_size=_MOST_OPTIONAL_MEMBERS, unique=True)
    return some.flatmap(lambda chosen: values([*required, *chosen]))


def _list(service_name: str, description: dict[str, Any], depth: int) -> st.SearchStrategy[list[Any]]:
    least = description.get("min", 0)
    most = max(least, 0 if depth >= _DEEPEST else min(description.get("max", 2), 2))
    return st.lists(shape(service_name, description["member"]["shape"], depth + 1), min_size=least, max_size=most)


def _map(service_name: str, description: dict[str, Any], depth: int) -> st.SearchStrategy[dict[str, Any]]:
    least = description.get("min", 0)
    most = max(least, 0 if depth >= _DEEPEST else min(description.get("max", 2), 2))
    keys = shape(service_name, description["key"]["shape"], depth + 1)
    values = shape(service_name, description["value"]["shape"], depth + 1)
    return st.dictionaries(keys, values, min_size=least, max_size=most)


def _scalar(description: dict[str, Any]) -> st.SearchStrategy[Any]:
    kind = description["type"]
    if kind == "string":
        return _string(description)
    if kind in ("integer", "long"):
        limit = 2**31 - 1 if kind == "integer" else 2**53
        return st.integers(description.get("min", -limit), description.get("max", limit))
    if kind == "double":
        return st.floats(description.get("min", -1e9), description.get("max", 1e9), allow_nan=False)
    if kind == "timestamp":
        seconds = st.integers(0, 4_000_000_000)
        return seconds.map(lambda value: datetime.fromtimestamp(value, UTC))
    return st.booleans() if kind == "boolean" else st.binary(max_size=20)


def _string(description: dict[str, Any]) -> st.SearchStrategy[str]:
    if "enum" in description:
        return st.sampled_from(description["enum"])
    least, most = description.get("min", 0), description.get("max", 2**31)
    if "pattern" not in description:
        return st.text(st.sampled_from(_CHARACTERS), min_size=least, max_size=min(most, least + 10))
    return _matching(description["pattern"], least, most)


@cache
def _matching(pattern: str, least: int, most: int) -> st.SearchStrategy[str]:
    """Texts of a pattern. One class repeated, as most are, needs no regular expression engine run backwards."""
    if _ONE_CLASS.fullmatch(pattern):
        alphabet = [character for character in _CHARACTERS if matcher(pattern)(character)]
        least = max(least, 0 if matcher(pattern)("") else 1)
        return st.text(st.sampled_from(alphabet), min_size=least, max_size=min(most, least + 10))
    found = st.from_regex(re.compile(to_python(pattern), re.ASCII), fullmatch=True)
    return found.filter(lambda text: least <= len(text) <= most)

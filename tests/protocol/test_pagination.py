"""Page tokens: what went in comes out, anything else is refused with a message."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mastic.protocol.errors import InvalidInputException
from mastic.protocol.model import SERVICES, service
from mastic.protocol.pagination import decode_token, encode_token
from mastic.protocol.patterns import matcher

VALUES = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(codec="utf-8"))


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), VALUES | st.lists(VALUES)))
def test_a_token_holds_its_payload(payload: dict[str, Any]) -> None:
    assert decode_token(encode_token(payload)) == payload


@pytest.mark.parametrize("token", [None, ""])
def test_no_token_is_the_first_page(token: str | None) -> None:
    assert decode_token(token) is None


@pytest.mark.parametrize("token", ["x", "garbage", "AAAA", "ünïcode", "e30=", "e30", " ", "a" * 5000])
def test_a_foreign_token_is_refused(token: str) -> None:
    with pytest.raises(InvalidInputException, match="is not valid: pass the token of the previous page unchanged"):
        decode_token(token)


@given(st.integers(min_value=0), st.sampled_from("abcXYZ019-_"))
def test_a_changed_token_is_refused(position: int, character: str) -> None:
    token = encode_token({"name": "orders", "at": 17})
    position %= len(token.rstrip("="))
    changed = token[:position] + character + token[position + 1 :]
    if changed == token:
        return
    with contextlib.suppress(InvalidInputException):
        assert decode_token(changed) == decode_token(token)  # the last character may hold unused bits


def test_tokens_fit_every_token_pattern_of_the_model() -> None:
    token = encode_token({"name": "ü" * 20, "n": 3})
    for name in SERVICES:
        for shape_name, shape in service(name).shapes.items():
            if "token" in shape_name.lower() and "next" in shape_name.lower() and "pattern" in shape:
                assert matcher(shape["pattern"])(token), shape_name

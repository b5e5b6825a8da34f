"""Filter patterns, one line per case."""

from __future__ import annotations

import pytest

from mastic.doors.logs.patterns import parse_pattern
from mastic.protocol.errors import InvalidParameterException


@pytest.mark.parametrize(
    ("pattern", "message", "matches"),
    [
        ("", "anything", True),
        ("   ", "anything", True),
        ("ERROR", "[ERROR 400] BAD REQUEST", True),
        ("ERROR", "error", False),
        ("ERROR 400", "[ERROR 400] BAD", True),
        ("ERROR 401", "[ERROR 400] BAD", False),
        ('"BAD REQUEST"', "BAD REQUEST", True),
        ('"BAD REQUEST"', "BAD  REQUEST", False),
        ('"say \\"hi\\""', 'they say "hi" to', True),
        ('"a\\\\b"', "a\\b", True),
        ("?ERROR ?WARN", "WARN x", True),
        ("?ERROR ?WARN", "INFO x", False),
        ('?"two words" ?x', "has two words", True),
        ("ERROR -Exiting", "ERROR now", True),
        ("ERROR -Exiting", "ERROR Exiting", False),
        ('-"two words"', "has two words", False),
        ("-a", "b", True),
        ("?a b", "b", True),
        ("?a b", "a", False),
        ("a-b", "x a-b", True),
        ("jr_0123?x", "jr_0123?x", True),
        ("?", "what?", True),
        ("Ünï", "xÜnïx", True),
    ],
)
def test_what_a_pattern_matches(pattern: str, message: str, matches: bool) -> None:
    assert parse_pattern(pattern).matches(message) is matches


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ('{ $.level = "ERROR" }', "JSON patterns are not there yet"),
        ("[ip, user, status=4*]", "space-delimited patterns"),
        ("%ERR.*%", "regular expression patterns"),
        ('"open', "not a term at position 1"),
        ('ok "a"b', "not a term at position 3"),
    ],
)
def test_a_pattern_that_cannot_be_honoured_is_refused(pattern: str, said: str) -> None:
    with pytest.raises(InvalidParameterException, match=said):
        parse_pattern(pattern)

"""Java's patterns in Python: same characters, whole match, many lines, no blow-up."""

from __future__ import annotations

import re
import time
import unicodedata

import pytest

from mastic.protocol.model import SERVICES, service
from mastic.protocol.patterns import category_ranges, matcher, to_python

PATTERNS = sorted({
    shape["pattern"] for name in SERVICES for shape in service(name).shapes.values() if "pattern" in shape
})  # fmt: skip
TEXT = r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*"


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_pattern_of_the_model_compiles(pattern: str) -> None:
    match = matcher.__wrapped__(pattern)
    for text in ("a", "ü"):  # ASCII has a pattern of its own where Unicode categories are asked for
        match(text)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_no_pattern_blows_up(pattern: str) -> None:
    match = matcher(pattern)
    for unit in ("a", "a.", "_", "<", " ", "/a", "0", "\n", "\x00", "a:", "é", "|"):
        for end in ("", "\x00", "!"):
            started = time.perf_counter()
            match("s3://" + unit * 1500 + end)
            match(unit * 3000 + end)
            assert time.perf_counter() - started < 0.5, (pattern, unit, end)


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        (TEXT, "two\nlines\r\n\twith tab", True),
        (TEXT, "emoji \U0001f600 and beyond \U0010ffff", True),
        (TEXT, "nul \x00", False),
        (TEXT, "\ud83d", False),
        (r"[^\r\n]", "\n", False),
        (r".*\S.*", "{\n  'type': 'record'\n}", True),
        (r".*\S.*", " \n ", False),
        (r"^[A-Z\_]+$", "ABC\n", False),
        (r"\S+", "a b", False),
        (r"^(?![0-9_])\w+$|^_\w*[a-zA-Z0-9]\w*$", "é", False),
        (r"[\w]*", "naïve", False),
        (r"[\w-_]*", "a-b_c", True),
        (r"[\p{L}\p{N}\p{P}]*", "ü٣!", True),
        (r"[\p{L}\p{N}\p{P}]*", "a b", False),
        (r"[\p{L}\p{N}\p{P}]*", "a1-", True),
        (r"[^\p{L}]", "a", False),
        (r"[^\p{L}]", "1", True),
        (r"[^\p{L}]", "ü", False),
        (r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]+)$", "clé = été", True),
        (r"[A-Za-z]", "ab", False),
        (r"^$|arn:aws[a-z0-9-]*:kms:.*", "", True),
    ],
)
def test_matches_as_java_does(pattern: str, text: str, matches: bool) -> None:
    assert bool(matcher(pattern)(text)) is matches


def test_categories_are_unicode_s() -> None:
    letter = re.compile(f"[{category_ranges('L')}]")
    for character in map(chr, range(0, 0x3000)):
        assert bool(letter.fullmatch(character)) == unicodedata.category(character).startswith("L")


def test_surrogate_pairs_become_one_range() -> None:
    assert to_python(r"[\uD800\uDC00-\uDBFF\uDFFF]") == r"[\U00010000-\U0010ffff]"

"""Keys become paths and come back, whatever they are."""

import os
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mastic.storage.errors import InvalidBucketName, KeyTooLong
from mastic.storage.keys import check_bucket_name, check_key, escaped_path, escaped_suffix, is_plain

SEGMENTS = st.one_of(
    st.sampled_from(["", ".", "..", "a", "%", "%00", "\0", "é", "e\u0301", "x" * 84, "x" * 255, "é" * 130, "~", " "]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=100),
)
KEYS = st.lists(SEGMENTS, min_size=1, max_size=6).map("/".join).filter(lambda k: 0 < len(k.encode()) <= 1024)


def decoded(path: bytes) -> bytes:
    return b"".join(escaped_suffix(name) or b"" for name in path.split(b"/"))


@given(KEYS)
@example("\0" * 1024)
@example("%" * 1024)
@example("/" * 1024)
@example("x" * 84)
@example("x" * 168 + "/")
def test_an_escaped_key_comes_back_and_names_real_files(key: str) -> None:
    path = escaped_path(key.encode())
    assert decoded(path) == key.encode()
    assert all(0 < len(name) <= 255 and name not in (b".", b"..") and b"\0" not in name for name in path.split(b"/"))
    assert len(path) < 3600  # PATH_MAX is 4096


@given(KEYS, KEYS)
def test_two_keys_never_share_a_path_or_stand_in_each_other_s_way(one: str, other: str) -> None:
    if one == other:
        return
    a, b = escaped_path(one.encode()), escaped_path(other.encode())
    assert a != b
    assert not a.startswith(b + b"/")
    assert not b.startswith(a + b"/")


@given(KEYS)
def test_a_plain_key_stays_inside_the_bucket(key: str) -> None:
    if is_plain(key.encode()):
        path = os.path.normpath(Path("/bucket") / key)
        assert path == "/bucket/" + key


@pytest.mark.parametrize("key", ["a", "a/b.csv", "_temporary/0/x", ".hidden", "a b", "year=2024/month=01/p.parquet"])
def test_plain_keys(key: str) -> None:
    assert is_plain(key.encode())


@pytest.mark.parametrize("key", ["", "/a", "a/", "a//b", ".", "a/..", "../a", "a/./b", "a\0b", "x" * 256, "é" * 128])
def test_keys_that_are_not_file_names(key: str) -> None:
    assert not is_plain(key.encode())


def test_a_key_has_at_most_1024_bytes() -> None:
    check_key("é".encode() * 512)
    with pytest.raises(KeyTooLong):
        check_key("é".encode() * 513)


@pytest.mark.parametrize("name", ["abc", "a.b-c", "0ab", "a" * 63])
def test_bucket_names(name: str) -> None:
    check_bucket_name(name)


@pytest.mark.parametrize(
    "name", ["ab", "a" * 64, "Abc", "a_b", "-abc", "abc-", "a..b", "192.168.0.1", "xn--abc", ".mastic", "abc\n", "a/b"]
)
def test_bad_bucket_names_are_explained(name: str) -> None:
    with pytest.raises(InvalidBucketName, match="3 to 63"):
        check_bucket_name(name)

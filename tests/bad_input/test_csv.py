"""CSV that is not as it should be: read as Glue reads it, kept as error records, or refused by name."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import pytest

HEADER = {"withHeader": True}
LINES = "".join(f"{i},{i * 7919}\n" for i in range(5000))
Rows = Callable[[Any], list[dict[str, Any]]]


def read(glue: Any, path: str, **options: Any) -> Any:
    return glue.create_dynamic_frame.from_options("s3", {"paths": [path]}, "csv", options)


def errors(frame: Any, rows: Rows) -> list[tuple[str, str]]:
    found = [each["error"] for each in rows(frame.errorsAsDynamicFrame())]
    return sorted((error["input"], error["msg"]) for error in found)


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        pytest.param("a,b,c\n1,2,3\n4,5\n", HEADER, [("1", "2", "3"), ("4", "5", None)], id="short row"),
        pytest.param("1,2\n3,4,5\n", {}, [("1", "2", None), ("3", "4", "5")], id="no header, rows of any length"),
        pytest.param('a,b\n1,"x\ny"\n', HEADER, [("1", "x\ny")], id="line break in quotes"),
        pytest.param('a,b\n1,"x\ny"\n', {**HEADER, "multiLine": True}, [("1", "x\ny")], id="multiLine"),
        pytest.param("a,b\r\n1,2\r\n", HEADER, [("1", "2")], id="CRLF"),
        pytest.param("a,b\r1,2\r3,4\r", HEADER, [("1", "2"), ("3", "4")], id="CR"),
        pytest.param("\ufeffa,b\n1,é\n", HEADER, [("1", "é")], id="byte order mark"),
        pytest.param('a,b\n1,5"\n', HEADER, [("1", '5"')], id="a quote that opens nothing"),
        pytest.param("a,b\n\n1,2\n\n\n", HEADER, [("1", "2")], id="blank lines"),
        pytest.param("a,,\n1,2,3\n", HEADER, [("1", "2", "3")], id="columns without a name"),
        pytest.param("a,b\n", HEADER, [], id="header only"),
        pytest.param('a,b\n1,"x\n2,y"z\n', {**HEADER, "quoteChar": "-1"}, [("1", '"x'), ("2", 'y"z')], id="no quoting"),
        pytest.param("a,b\n1,2\n", {"skipFirst": True}, [("1", "2")], id="skipFirst is not a header"),
        pytest.param("a;b\n1;'x;y'\n", {**HEADER, "separator": ";", "quoteChar": "'"}, [("1", "x;y")], id="dialect"),
        pytest.param("a\tb\n1\t2\n", {**HEADER, "separator": "\\t"}, [("1", "2")], id="tab as two characters"),
        pytest.param(gzip.compress(b"a,b\n1,2\n3\n"), HEADER, [("1", "2"), ("3", None)], id="gz"),
    ],
)
def test_odd_text_is_read(
    glue: Any, put: Any, rows: Rows, text: Any, options: dict[str, Any], expected: list[tuple[Any, ...]]
) -> None:
    frame = read(glue, put("in/x.csv.gz" if isinstance(text, bytes) else "in/x.csv", text), **options)
    assert [tuple(row.values()) for row in rows(frame)] == expected
    assert frame.errorsCount() == 0


def test_the_names_of_columns(glue: Any, put: Any) -> None:
    def names(text: str, **options: Any) -> list[str]:
        return [f.name for f in read(glue, put(f"in/{len(text)}.csv", text), **options).schema()]

    assert names("a,,\n1,2,3\n", **HEADER) == ["a", "col1", "col2"]
    assert names("1,2\n3,4,5\n") == ["col0", "col1", "col2"]
    assert names("a,b\n1,2\n3,4\n", skipFirst="true") == ["col0", "col1"]
    assert names("") == []


def test_rows_that_are_too_long_are_error_records(glue: Any, put: Any, rows: Rows) -> None:
    frame = read(glue, put("in/x.csv", 'a,b\n1,2\n3,4,5\n6,"7",8,9\n'), **HEADER)
    assert rows(frame) == [{"a": "1", "b": "2"}]
    assert errors(frame, rows) == [
        ("3,4,5", "a row has 3 fields, and there are 2 columns"),
        ("6,7,8,9", "a row has 4 fields, and there are 2 columns"),
    ]
    assert (frame.errorsCount(), frame.stageErrorsCount()) == (2, 2)


def test_files_with_headers_of_their_own(glue: Any, put: Any, bucket: str, rows: Rows) -> None:
    for name, text in {"1": "a,b\n1,2\n", "2": "b,a,c\n3,4,5\n6\n", "3": "", "4": "c\n7\n"}.items():
        put(f"in/{name}.csv", text)
    frame = read(glue, f"s3://{bucket}/in/", **HEADER)
    assert rows(frame) == [
        {"a": "1", "b": "2", "c": None},
        {"a": "4", "b": "3", "c": "5"},
        {"a": None, "b": "6", "c": None},
        {"a": None, "b": None, "c": "7"},
    ]


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ('a,b\n1,5"\n2,"y\n', {}, 'it opens a quote (") that is never closed'),
        ('a,b\n1,"x\n2,y\n', {}, 'it opens a quote (") that is never closed'),
        (b"a,b\n1,caf\xe9\n", {}, "x.csv is not UTF-8 text: byte 9 is 0xe9"),
        ("a,b\n1,2\n".encode("utf-16"), {}, "x.csv is not UTF-8 text: byte 0 is 0xff"),
        ("a,a\n1,2\n", {}, "x.csv: the header names ['a'] more than once"),
        ("a,A\n1,2\n", {}, "fields 'a' and 'A' differ in case only"),
        ("a||b\n", {"separator": "||"}, "separator='||' must be one character"),
        ("a,b\n", {"separator": ""}, "separator='' must be one character"),
        ("a,b\n", {"quoteChar": "''"}, "quoteChar=\"''\" must be one character"),
        (gzip.compress(LINES.encode())[:-200], {}, "x.csv.gz cannot be decompressed"),
        (b"\x1f\x8bnot gzip", {}, "x.csv.gz cannot be decompressed"),
    ],
)
def test_what_cannot_be_read_is_named(glue: Any, put: Any, text: Any, options: dict[str, Any], words: str) -> None:
    packed = isinstance(text, bytes) and text.startswith(b"\x1f")
    path = put("in/x.csv.gz" if packed else "in/x.csv", text)
    with pytest.raises(ValueError) as raised:
        read(glue, path, **HEADER, **options)
    assert words in str(raised.value)


def test_a_compressed_file_by_another_name_says_what_to_do(glue: Any, put: Any) -> None:
    with pytest.raises(ValueError, match=r"compressed: name it \*.gz, or give compressionType='gzip'"):
        read(glue, put("in/x.csv", gzip.compress(b"a\n1\n")), **HEADER)


def test_a_compressed_file_of_nothing(glue: Any, put: Any, rows: Rows) -> None:
    assert rows(read(glue, put("in/x.csv.gz", gzip.compress(b"")), **HEADER)) == []

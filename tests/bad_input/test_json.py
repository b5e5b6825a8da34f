"""JSON that is not as it should be: good records are read, bad pieces are error records, types are true for all."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

Rows = Callable[[Any], list[dict[str, Any]]]


def read(glue: Any, path: str, **options: Any) -> Any:
    return glue.create_dynamic_frame.from_options("s3", {"paths": [path]}, "json", options)


@pytest.mark.parametrize(
    ("text", "expected", "bad"),
    [
        ('{"a":1}\n{"a":\n{"a":2}\n', [1, 2], ['{"a":']),
        ('{"a":1}\n{"a":2', [1], ['{"a":2']),
        ('{"a":1}\n5\n"x"\nnull\n', [1], ['"x"', "5", "null"]),
        ('{"a":NaN}\n{"a":-Infinity}\n{"a":1.5}\n{"a":1e400}\n', [1.5],
         ['{"a":-Infinity}', '{"a":1e400}', '{"a":NaN}']),
        ("{'a':1}\n{\"a\":2,}\n// x\n{\"a\":3}\n", [3], ["// x", '{"a":2,}', "{'a':1}"]),
        ('{"a":1}\r{"a":2}\r', [1, 2], []),
        ('{"a":1}\r\n\r\n{"a":2}\r\n', [1, 2], []),
        ('\ufeff{"a":1}\n{"a":2}\n', [1, 2], []),
        ('[{"a":1},{"a":2}]\n{"a":3}\n', [1, 2, 3], []),
        ('{"a":1,"a":2}\n', [2], []),
        ('{"a":"\\ud800"}\n{"a":"x\ty"}\n{"a":"\\u0000"}\n', ["\0"], ['{"a":"\\ud800"}', '{"a":"x\ty"}']),
    ],
)  # fmt: skip
def test_bad_pieces_are_error_records(
    glue: Any, put: Any, rows: Rows, text: str, expected: list[Any], bad: list[str]
) -> None:
    frame = read(glue, put("in/x.json", text))
    assert sorted(row["a"] for row in rows(frame)) == expected
    found = [each["error"] for each in rows(frame.errorsAsDynamicFrame())]
    assert sorted(error["input"] for error in found) == sorted(bad)
    assert all(error["msg"] for error in found)
    assert frame.errorsCount() == len(bad)


@pytest.mark.parametrize(
    ("values", "kinds"),
    [
        (["1", '"x"', "null"], {"int": 1, "string": "x"}),
        (["1", "9223372036854775807", "9223372036854775808"],
         {"int": 1, "long": 2**63 - 1, "decimal": Decimal(2**63)}),
        (["1", "1" + "0" * 60], {"int": 1, "double": 1e60}),
        (["1", "1.5", "true"], {"int": 1, "double": 1.5, "boolean": True}),
        (["1", '{"b":2}', "[3]"], {"int": 1, "struct": {"b": 2}, "array": [3]}),
    ],
)  # fmt: skip
def test_a_field_of_several_types_is_a_choice(
    glue: Any, put: Any, rows: Rows, values: list[str], kinds: dict[str, Any]
) -> None:
    frame = read(glue, put("in/x.json", "".join(f'{{"a":{value}}}\n' for value in values)))
    assert set(frame.schema().getField("a").dataType.choices) == set(kinds)
    held = [{k: v for k, v in row["a"].items() if v is not None} for row in rows(frame) if row["a"]]
    assert sorted(held, key=repr) == sorted(({k: v} for k, v in kinds.items()), key=repr)


def test_empty_objects_and_arrays(glue: Any, put: Any, rows: Rows) -> None:
    frame = read(glue, put("in/x.json", '{"a":[],"s":{}}\n{"a":[1,"x",null,{"b":1}],"s":{"t":1}}\n'))
    held = [[{k: v for k, v in item.items() if v is not None} if item else None for item in row["a"]]
            for row in rows(frame)]  # fmt: skip
    assert sorted(held, key=repr) == [[], [{"int": 1}, {"string": "x"}, None, {"struct": {"b": 1}}]]
    assert {repr(row["s"]) for row in rows(frame)} == {"{'t': None}", "{'t': 1}"}


@pytest.mark.parametrize(
    ("name", "body", "options", "words"),
    [
        ("x.json", b'{"a":"caf\xe9"}\n{"a":"x"}\n', {}, "x.json is not UTF-8 text: byte 9 is 0xe9"),
        ("x.json", '{"a":1}\n'.encode("utf-16"), {}, "x.json is not UTF-8 text: byte 0 is 0xff"),
        ("x.json", '{"a":1}\n'.encode("utf-16"), {"multiLine": "true"}, "x.json is not UTF-8 text: byte 0 is 0xff"),
        ("x.json.gz", gzip.compress(b'{"a":1}\n' * 1000, mtime=0)[:-20], {}, "x.json.gz cannot be decompressed"),
        ("x.json", '{"a":1}', {"jsonPath": "a.b"}, "jsonPath 'a.b' must start with '$'"),
        ("x.json", '{"a":' * 400 + "1" + "}" * 400, {}, "x.json has records that nest too deeply"),
        ("x.json", '{"a":1,"A":2}', {}, "fields 'a' and 'A' differ in case only"),
        ("x.json", '{"s":{"a":1,"A":2}}', {}, "fields 's.a' and 's.A' differ in case only"),
    ],
)
def test_what_cannot_be_read_is_named(
    glue: Any, put: Any, name: str, body: Any, options: dict[str, Any], words: str
) -> None:
    path = put(f"in/{name}", body)
    with pytest.raises(ValueError) as raised:
        read(glue, path, **options)
    assert words in str(raised.value)


def test_bad_lines_of_a_catalog_table_are_error_records(glue: Any, put: Any, catalog: Any, rows: Rows) -> None:
    path = put("t/x.json", '{"a":1}\n{"a":\n')
    table = {"Name": "t", "Parameters": {"classification": "json"}, "StorageDescriptor": {
        "Location": path.rsplit("/", 1)[0], "Columns": [{"Name": "a", "Type": "int"}]}}  # fmt: skip
    catalog.create_table(DatabaseName="db", TableInput=table)
    frame = glue.create_dynamic_frame.from_catalog("db", "t")
    assert (rows(frame), frame.errorsCount()) == ([{"a": 1}], 1)


@pytest.mark.parametrize("text", ['[{"a":1},{"a":2}]', '[{"a":1}]\n{"a":2}\n'])
def test_records_in_an_array(glue: Any, put: Any, rows: Rows, text: str) -> None:
    frame = read(glue, put("in/x.json", text))
    assert rows(frame) == [{"a": 1}, {"a": 2}]
    assert frame.errorsCount() == 0

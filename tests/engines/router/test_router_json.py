"""JSON through the router: one look per file, copies of documents, and what is left to Spark."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

import pytest

from awsglue import _json_pass
from awsglue._files import list_files
from awsglue._json import JsonOptions, infer
from mastic.engines.router.rewrites import copies, documents, gathering
from mastic.engines.router.rewrites.listing import listing

REFUSED = {
    "-0 is 0.0 on Spark and -0.0 on Sail": '{"a": 1.5}\n{"a": -0}\n',
    "a field twice is an error on Spark": '{"a": 1, "a": 2}\n',
    "Spark reads the first of two records on a line": '{"a": 1} {"a": 2}\n',
    "Spark reads lines, not records": '{"a":\n1}\n',
    "a number beyond bigint is a decimal on Spark": '{"a": 12345678901234567890}\n',
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_sail_would_read_differently_goes_to_spark(routed: Any, tmp_path: Path, why: str) -> None:
    (tmp_path / "a.json").write_text(REFUSED[why])
    with pytest.raises(Exception, match=r"UNPROVEN"):
        routed[0].read.json(str(tmp_path / "a.json")).collect()


def test_what_awsglue_saw_is_not_looked_at_again(routed: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "seen.json"
    path.write_text('{"n": 1, "o": {"p": [1, 2]}}\n')
    os.utime(path, (1_000_000_000, 1_000_000_000))
    infer(list_files(str(path)), JsonOptions())

    def look(*_: Any) -> Any:
        raise AssertionError("the file was looked at twice")

    monkeypatch.setattr(_json_pass, "lines_seen", look)
    frame = routed[0].read.schema("n int, o struct<p: array<int>>").json(str(path))
    assert frame.collect() == [(1, ([1, 2],))]


def test_small_integers_are_read_as_small_types(routed: Any, tmp_path: Path) -> None:
    path = tmp_path / "small.json"
    path.write_text('{"y": -128, "h": 32767, "n": 999, "s": {"y": [127]}}\n{"y": 1, "h": 2, "n": 3, "s": null}\n')
    frame = routed[0].read.schema("y tinyint, h smallint, n decimal(5,2), s struct<y: array<tinyint>>").json(str(path))
    assert [tuple(row) for row in frame.select("y", "h", "s.y").collect()] == [(-128, 32767, [127]), (1, 2, None)]
    path.write_text('{"y": 128}\n')
    with pytest.raises(Exception, match=r"UNPROVEN.*json int read as tinyint"):
        routed[0].read.schema("y tinyint").json(str(path)).collect()


def test_a_document_is_copied_once_and_again_when_it_changes(routed: Any, tmp_path: Path) -> None:
    path = tmp_path / "doc.json"
    path.write_text('[{"a": 1},\n {"a":\n 2}]')
    read = routed[0].read.option("multiLine", True)
    assert read.json(str(path)).count() == 2
    made = len(documents._made)
    assert [row.a for row in read.json(str(path)).collect()] == [1, 2]
    assert len(documents._made) == made
    path.write_text('{"a": 3,\n "b": "x"}')
    assert read.json(str(path)).collect() == [(3, "x")]


@pytest.mark.parametrize("suffix", ["json", "json.gz"])
def test_many_small_files_are_read_as_few(routed: Any, tmp_path: Path, suffix: str) -> None:
    for n in range(600):
        text = f'{{"n": {n}, "t": "é"}}\n{{"n": {-n}, "t": null}}'.encode()  # no line break at the end
        (tmp_path / f"{n}.{suffix}").write_bytes(gzip.compress(text) if suffix.endswith("gz") else text)
    (tmp_path / "empty.json").touch()
    (tmp_path / "_hidden.json").write_text('{"n": 1000000}')
    frame = routed[0].read.json(str(tmp_path))
    for _ in range(2):
        assert sorted(row.n for row in frame.collect()) == sorted([*range(600), *(-n for n in range(600))])
    paths = gathering.gathered(listing([str(tmp_path)], [""]).files)
    assert len(paths) == 2
    (tmp_path / "7.json").write_text('{"n": 5000, "t": "new"}\n')
    assert frame.filter("n = 5000").count() == 1  # what has changed is copied again
    assert frame.filter("n = 7").count() == (0 if suffix == "json" else 1)


def test_a_full_disk_reads_small_files_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(300):
        (tmp_path / f"{n}.json").write_text(f'{{"n": {n}}}\n')
    files = listing([str(tmp_path)], [""]).files
    monkeypatch.setattr(copies, "folder", lambda: tmp_path / "absent")
    assert list(gathering.gathered(files)) == [file.path for file in files]


def test_copies_that_could_not_all_be_written_leave_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "copies").mkdir()
    for n in range(300):
        (tmp_path / f"{n}.json").write_text(f'{{"n": {n}}}\n')
    files = listing([str(tmp_path)], [""]).files
    monkeypatch.setattr(copies, "folder", lambda: tmp_path / "copies")
    Path(files[-1].path).unlink()  # the last part fails, the others have been written
    assert list(gathering.gathered(files)) == [file.path for file in files]
    assert list((tmp_path / "copies").iterdir()) == []

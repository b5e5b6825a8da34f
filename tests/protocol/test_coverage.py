"""`docs/coverage.md` is what the registered handlers say."""

from __future__ import annotations

from pathlib import Path

import pytest

from mastic.protocol import coverage
from mastic.protocol.registry import OPERATIONS, Operation


def test_the_committed_page_is_current() -> None:
    assert coverage.PAGE.read_text() == coverage.page(), "run `python -m mastic.protocol.coverage` and commit the page"


def test_a_new_operation_makes_the_page_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(coverage, "PAGE", tmp_path / "coverage.md")
    assert coverage.main(["--check"]) == 1
    assert coverage.main([]) == 0
    assert coverage.main(["--check"]) == 0
    monkeypatch.setitem(OPERATIONS, ("sts", "AssumeRole"), Operation("sts", "AssumeRole", lambda c, r: {}, "stored"))
    assert coverage.main(["--check"]) == 1
    assert "is not current" in capsys.readouterr().err
    coverage.main([])
    assert "**Stored** (1): `AssumeRole`" in coverage.PAGE.read_text()


def test_every_operation_is_counted_once() -> None:
    for name in coverage.SERVICES:
        operations = coverage._operations(name)
        assert sum(map(len, operations.values())) == len(coverage.service(name).operations)


def test_every_registered_operation_exists_in_aws() -> None:
    coverage.page()
    for name, operation in OPERATIONS:
        assert operation in coverage.service(name).operations

"""docs/coverage.md is honest about awsglue: what it calls working is used by a test, what is absent says so."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

from awsglue._absent import AbsentError
from mastic.protocol import coverage

TESTS = Path(__file__).parents[1]
NAMES = coverage.NAMES.read_text().split()
WORKING = [name for name in NAMES if coverage._is_there(name)]
UNTESTED = {"write_dynamic_frame_from_jdbc_conf"}  # DynamicFrameWriter.from_jdbc_conf, which has a test, calls it
ABSENT = [name for name in NAMES if name not in WORKING]


def test_what_is_working_is_used_by_a_test() -> None:
    text = "".join(
        path.read_text()
        for folder in (TESTS, TESTS.parent / "examples")
        for path in folder.rglob("*.py")
        if path != Path(__file__)
    )
    used = set(re.findall(r"\w+", text))
    assert [name for name in WORKING if re.split(r"[:.]", name)[-1] not in used | UNTESTED] == []


@pytest.mark.parametrize("name", ABSENT)
def test_what_is_absent_imports_and_says_so_when_it_is_used(name: str) -> None:
    module, _, path = name.partition(":")
    found: Any = importlib.import_module(module)
    with pytest.raises(AbsentError, match=r"is not in this awsglue: .+docs/coverage.md"):
        for part in path.split("."):
            found = getattr(found, part)
        found("x", y=1)


def test_absent_methods_leave_the_rest_of_the_object_alone() -> None:
    from awsglue.context import GlueContext

    assert not hasattr(GlueContext.forEachBatch, "__wrapped__")
    with pytest.raises(AbsentError, match=r"GlueContext\.forEachBatch is not in this awsglue: streaming"):
        GlueContext.forEachBatch(None, print)


@pytest.mark.parametrize(("connection", "format"), [("s3", "xml"), ("s3", "ion"), ("dynamodb", None), ("kafka", None)])
def test_sources_that_are_absent_say_so(glue: Any, connection: str, format: str | None) -> None:
    with pytest.raises(AbsentError, match=f"{format or connection}.* can"):
        glue.create_dynamic_frame.from_options(connection, {"paths": ["s3://none/"]}, format)
    with pytest.raises(ValueError, match="format='nonsense' cannot be read"):
        glue.create_dynamic_frame.from_options("s3", {"paths": ["s3://none/"]}, "nonsense")

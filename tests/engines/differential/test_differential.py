"""The proven list against both engines: a short form of `prove.py` (its whole form regenerates the list)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import combined_programs  # noqa: F401 - registers its programs
import glue_programs  # noqa: F401 - registers its programs
import nasty
import null_programs  # noqa: F401 - registers its programs
import programs
import prove
import queries  # noqa: F401 (registers its programs)
import settings_programs  # noqa: F401 - registers its programs
import tables
from harness import Engines, spark_python, start_sail, start_spark

from mastic.engines.router.proven import PATH, committed

pytestmark = pytest.mark.spark
SHARE = 12  # every n-th check runs in the short form


def chosen(names: list[str]) -> list[str]:
    return [name for name in names if crc32(name.encode()) % SHARE == 0]


@pytest.fixture(scope="module")
def proof(tmp_path_factory: pytest.TempPathFactory) -> Iterator[prove.Proof]:
    if spark_python() is None:
        pytest.skip("no Spark runtime: set MASTIC_RUNTIMES")
    process, spark = start_spark(tmp_path_factory.mktemp("spark"))
    server, sail = start_sail()
    yield prove.Proof(Engines(sail, spark, server))
    process.kill()
    process.wait()
    server.stop()


def disagreements(proof: prove.Proof) -> list[tuple[str, str]]:
    """Checks that failed though all they use is on the list: a wrong answer the router would have given."""
    listed = committed().entries.keys()
    return [(held.check, held.failure) for held in proof.results if held.failure and held.constructs <= listed]


def unlisted_types(proof: prove.Proof) -> dict[str, tuple[str | None, str | None]]:
    listed = committed().entries
    found = proof.recorder.results
    return {name: (listed[name], found[name]) for name in found if name in listed and listed[name] != found[name]}


@pytest.mark.parametrize(
    ("mode", "texts"),
    [
        ("select", tables.SCALARS),
        ("select", tables.matrix()),
        ("group", tables.AGGREGATES),
        ("total", tables.AGGREGATES),
        ("window", tables.WINDOWS),
    ],
    ids=["scalars", "matrix", "group", "total", "window"],
)
def test_expressions(proof: prove.Proof, mode: str, texts: list[str]) -> None:
    before = len(proof.results)
    proof.expressions(mode, chosen(texts), rows=4)
    assert len(proof.results) > before
    assert disagreements(proof) == []
    assert unlisted_types(proof) == {}


def test_what_may_be_null(proof: prove.Proof) -> None:
    before = len(proof.results)
    proof.every_null(chosen)
    assert len(proof.results) > before
    assert disagreements(proof) == []


def test_what_only_spark_says_is_never_null_is_told_in_the_readme() -> None:
    readme = " ".join((PATH.parent / "router" / "README.md").read_text().split())
    assert [name for name in prove.UNSAID if name not in readme] == []


@pytest.mark.parametrize("kind", sorted({name.split(":")[0] for name in programs.PROGRAMS}))
def test_programs(proof: prove.Proof, kind: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    wanted = set(chosen([name for name in programs.PROGRAMS if name.split(":")[0] == kind]))
    proof.programs(tmp_path_factory.mktemp(kind), wanted.__contains__)
    assert disagreements(proof) == []


def test_the_data_is_nasty() -> None:
    assert all(len(held) == nasty.ROWS for _, held in nasty.COLUMNS.values())
    assert all(None in held for name, (_, held) in nasty.COLUMNS.items() if name != "id")

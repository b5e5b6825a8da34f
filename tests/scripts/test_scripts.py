"""Every folder beside this file is a Glue job: it runs on `auto` and on `spark`, and both leave the same.

See README.md here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from live import Live, needs_spark_runtime
from script_case import Script, World
from script_data import snapshot
from script_share import PROPERTY, plans_of

FOLDERS = sorted(path.parent for path in Path(__file__).parent.glob("*/case.py"))
GROUPS = 2  # one server, worker and warm Spark for each


@pytest.fixture(scope="module", autouse=True)
def runtime() -> None:
    needs_spark_runtime()


@pytest.fixture(scope="module")
def live(live_with_spark: Live) -> Live:
    return live_with_spark


@pytest.mark.spark
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "folder",
    [
        pytest.param(folder, id=folder.name, marks=pytest.mark.xdist_group(f"scripts-{number % GROUPS}"))
        for number, folder in enumerate(FOLDERS)
    ],
)
def test_script(live: Live, folder: Path, request: pytest.FixtureRequest) -> None:
    script = Script(folder)
    engines = request.config.getoption("--script-engines").split(",")
    first, *others = [left_by(live, script, engine, request) for engine in engines]
    for other in others:
        assert other == first


def left_by(live: Live, script: Script, engine: str, request: pytest.FixtureRequest) -> dict[str, Any]:
    """What is in the account after the script has run on one engine and its case was content."""
    world = World(live, script, engine)
    try:
        script.given(world)
        run = world.run()
        assert run.state == script.case.state, f"on {engine}: {run.error}\n" + "\n".join(run.errors[-60:])
        script.expect(world, run)
        return snapshot(world)
    finally:
        if engine == "auto":
            notes = [note for run in world.runs for note in run.notes]
            plans = plans_of(script.folder.name, [run.plans for run in world.runs], notes)
            request.node.user_properties.append((PROPERTY, plans))
        world.clean()

"""A Mastic without HTTP, on both databases, with a clock the test moves and a worker made of function calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mastic.app import App
from mastic.clock import ManualClock
from mastic.jobs import claims, definitions, runs
from mastic.jobs.claims import Held, Worker
from mastic.jobs.lifecycle import Ending
from mastic.jobs.run import Run
from mastic.jobs.states import State
from mastic.settings import Settings
from mastic.store.database import Store

ETL = {"Role": "glue", "Command": {"Name": "glueetl", "ScriptLocation": "s3://scripts/job.py"}}
SHELL = {"Role": "glue", "Command": {"Name": "pythonshell", "ScriptLocation": "s3://scripts/job.py"}}


@dataclass
class FakeWorker:
    """Does what a worker does over HTTP, by function calls; the script is the test."""

    app: App
    offers: Worker
    held: dict[str, dict[str, Any]] = field(default_factory=dict)

    def claim(self) -> dict[str, Any] | None:
        claims.check_in(self.app, self.offers, list(self.held))
        found = claims.claim(self.app, self.offers)
        if found is not None:
            self.held[found["job_run_id"]] = found
        return found

    def run_one(self) -> dict[str, Any]:
        """Claim and start a run."""
        found = self.claim()
        assert found is not None
        assert claims.started(self.app, found["job_run_id"], found["token"], []) == "continue"
        return found

    def finish(self, found: dict[str, Any], state: str = "SUCCEEDED", seconds: float = 1.0, message: str = "") -> None:
        ending = Ending(State(state), message or None, seconds, {"tail": [], "engine": None})
        claims.finished(self.app, found["job_run_id"], found["token"], ending)
        self.held.pop(found["job_run_id"], None)

    def heartbeat(self) -> dict[str, str]:
        held = [Held(run_id, found["token"]) for run_id, found in self.held.items()]
        claims.renew(self.app, self.offers.id, held)
        return claims.directives(self.app, self.offers.id, held)[0]


class JobsApp(App):
    """An App with the shortcuts that tests need."""

    clock: ManualClock

    def job(self, name: str = "nightly", tags: dict[str, str] | None = None, **fields: Any) -> str:
        definitions.create(self, name, {**ETL, **fields}, tags or {})
        return name

    def start(self, name: str = "nightly", **request: Any) -> str:
        return runs.start(self, name, {"JobName": name, **request})

    def run(self, run_id: str, name: str = "nightly") -> Run:
        return runs.get(self, name, run_id)

    def states(self, name: str = "nightly") -> list[str]:
        return [run.state.value for run in reversed(runs.page(self, name, None, 1000))]

    def pass_time(self, **step: float) -> None:
        self.clock.advance(timedelta(**step))

    def worker(self, name: str = "w1", vcpus: float = 1000.0, memory_mb: int = 10_000_000) -> FakeWorker:
        return FakeWorker(self, Worker(name, vcpus, memory_mb, ("glueetl", "pythonshell")))


@pytest.fixture
def open_app(database_url: str, tmp_path: Path) -> Iterator[Callable[..., JobsApp]]:
    """Opens a further server on the test's database, as after a restart or beside the first."""
    opened: list[JobsApp] = []

    def open_one(clock: ManualClock | None = None, **settings: Any) -> JobsApp:
        app = JobsApp(Settings(home=tmp_path, database_url=database_url, **settings), clock or ManualClock())
        opened.append(app)
        return app

    Store(database_url).migrate()
    yield open_one
    for app in opened:
        app.notifier.close()
        app.store.close()


@pytest.fixture
def app(open_app: Callable[..., JobsApp]) -> JobsApp:
    """One server, once on SQLite and once on PostgreSQL."""
    return open_app()

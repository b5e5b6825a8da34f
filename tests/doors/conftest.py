"""A log store on each of the two databases, with a clock that stands still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mastic.app import App
from mastic.clock import ManualClock
from mastic.doors.logs.chunks import Input
from mastic.doors.logs.store import Batch, LogStore
from mastic.settings import Settings


@pytest.fixture
def log_app(database_url: str, tmp_path: Path) -> Iterator[App]:
    """An app whose clock stands still at the beginning of 2026."""
    app = App(Settings(home=tmp_path, database_url=database_url), ManualClock())
    yield app
    app.notifier.close()
    app.store.close()


@pytest.fixture
def logs(log_app: App) -> LogStore:
    """The log store of `log_app`."""
    return LogStore(log_app)


@pytest.fixture
def write(logs: LogStore) -> Callable[..., None]:
    """Appends events given as (milliseconds, message) to a stream of group `g`."""

    def append(stream: str, *events: tuple[int, str], group: str = "g") -> None:
        logs.append([Batch(group, stream, [Input(*event) for event in events])])

    return append

"""Why a run does not begin: silence would look like a hung scheduler."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from mastic.app import App
from mastic.jobs.run import Run
from mastic.jobs.states import State
from mastic.jobs.tables import workers

# Every run waits for a few milliseconds; only a wait that a person notices is worth a word.
_NOTICEABLE_SECONDS = 3.0
# An idle worker asks for runs at least this often.
_ABSENT_SECONDS = 70.0


def why_it_waits(app: App, connection: Connection, one: Run) -> list[str]:
    """What a run waits for, or nothing when it does not wait noticeably."""
    now = app.clock.now()
    if one.state is State.WAITING:
        return [f"Waits for its turn: job {one.job_name} has as many runs as its MaxConcurrentRuns allows."]
    is_unclaimed = one.state is State.STARTING and one.worker_id is None
    if not is_unclaimed or (now - one.last_modified_on).total_seconds() < _NOTICEABLE_SECONDS:
        return []
    newest = connection.scalar(select(func.max(workers.c.last_seen_on)))
    if newest is None or (now - newest).total_seconds() > _ABSENT_SECONDS:
        return ["Waits for a worker, and none is connected: start one with `mastic worker` (or `mastic up`)."]
    return ["Waits for a worker that has room for it."]

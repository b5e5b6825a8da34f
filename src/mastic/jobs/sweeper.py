"""Does what is due and nobody asked for: lapsed leases, runs that outlived their timeout, queues that ran out of time.

Each server has one. Work is claimed by rows: every step locks its run, looks again and moves on, so several sweepers
never do a thing twice. One row that fails is left alone for a while and never holds up the others.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select

from mastic.app import App
from mastic.jobs import claims, definitions, lifecycle, run
from mastic.jobs.history import forget_old
from mastic.jobs.lifecycle import Ending
from mastic.jobs.run import Run
from mastic.jobs.states import State
from mastic.jobs.tables import CLAIMABLE, EXECUTING, WAITING, job_run_leases, job_runs

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
QUARANTINE_SECONDS = 60.0
FORGET_SECONDS = 600.0
# How long a worker that is alive may take to obey a stop or a timeout, beyond the grace it gives the script.
OBEDIENCE_SECONDS = 60.0


class Sweeper:
    """A thread that sweeps every second; `sweep` may also be called by hand."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._quarantine: dict[str, float] = {}
        # Workers could not renew while the server was away: they get one lease period to come back.
        self._leases_valid_until = app.clock.now() + timedelta(seconds=app.settings.lease_seconds)

    def start(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._run, name="mastic-sweeper", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread and wait for it."""
        self._stopping.set()
        if self._thread:
            self._thread.join(timeout=10)

    def sweep(self) -> None:
        """Everything that is due now."""
        for due, act in (
            (self._lapsed_leases, self._take_away),
            (self._disobeyed, self._end_by_force),
            (self._waited_too_long, self._expire),
            (self._jobs_with_queue, self._admit),
        ):
            for key in due():
                self._try(act, key)

    def _run(self) -> None:
        forget_at = time.monotonic()
        while not self._stopping.wait(TICK_SECONDS):
            try:
                self.sweep()
                if time.monotonic() >= forget_at:
                    forget_at = time.monotonic() + FORGET_SECONDS
                    forget_old(self._app)
            except Exception:  # the database may be away for a while; the loop must outlive it
                log.exception("sweep failed; trying again in %g s", TICK_SECONDS)

    def _try(self, act: Callable[[str], None], key: str) -> None:
        if self._quarantine.get(key, 0.0) > time.monotonic():
            return
        self._quarantine.pop(key, None)
        try:
            act(key)
        except Exception:
            log.exception("%s(%r) failed; leaving it for %g s", act.__name__, key, QUARANTINE_SECONDS)
            self._quarantine[key] = time.monotonic() + QUARANTINE_SECONDS

    def _lapsed_leases(self) -> list[str]:
        now = self._app.clock.now()
        if now < self._leases_valid_until:
            return []
        leases = job_run_leases.c
        with self._app.store.read() as connection:
            return list(connection.scalars(select(leases.run_id).where(leases.expires_at <= now)))

    def _take_away(self, run_id: str) -> None:
        with self._app.store.read() as connection:
            one = run.get(connection, run_id)
        claims.put_back(self._app, run_id, one.token, only_if_expired=True)
        claims.lose(self._app, run_id, one.token)

    def _disobeyed(self) -> list[str]:
        with self._app.store.read() as connection:
            late = job_runs.c.deadline <= self._patience_began()
            asked = job_runs.c.stop_requested_on <= self._patience_began()
            overdue = list(connection.scalars(select(job_runs.c.id).where(EXECUTING, late)))
            unstopped = list(connection.scalars(select(job_runs.c.id).where(EXECUTING, asked)))
        return list(dict.fromkeys(overdue + unstopped))

    def _end_by_force(self, run_id: str) -> None:
        def ending(one: Run) -> Ending | None:
            since = self._patience_began()
            if one.stop_requested_on is not None and one.stop_requested_on <= since:
                return Ending(State.STOPPED, "The worker did not confirm that it stopped the run.")
            if one.deadline is not None and one.deadline <= since:
                message = f"Timeout of {one.plan.timeout_minutes} minutes; the worker did not confirm the end."
                return Ending(State.TIMEOUT, message)
            return None

        self._end(run_id, ending)

    def _waited_too_long(self) -> list[str]:
        old = job_runs.c.last_modified_on <= self._queue_limit()
        with self._app.store.read() as connection:
            waiting = connection.scalars(select(job_runs.c.id).where(WAITING, old)).all()
            unclaimed = connection.scalars(select(job_runs.c.id).where(CLAIMABLE, old)).all()
        return [*waiting, *unclaimed]

    def _expire(self, run_id: str) -> None:
        def ending(one: Run) -> Ending | None:
            is_queued = one.state is State.WAITING or (one.state is State.STARTING and one.worker_id is None)
            if not is_queued or one.last_modified_on > self._queue_limit():
                return None
            hours = self._app.settings.queue_limit_hours
            what = "its turn" if one.state is State.WAITING else "a worker with room for it"
            return Ending(State.EXPIRED, f"Waited {hours:g} hours for {what}; see the setting jobs.queue_limit_hours.")

        self._end(run_id, ending)

    def _jobs_with_queue(self) -> list[str]:
        with self._app.store.read() as connection:
            return list(connection.scalars(select(job_runs.c.job_name).where(WAITING).distinct()))

    def _admit(self, job_name: str) -> None:
        with self._app.store.read() as connection:
            job = definitions.find(connection, job_name)
            if job and lifecycle.occupied(connection, job_name) >= job.max_concurrent_runs:
                return
        with self._app.store.write() as connection:
            job = definitions.find(connection, job_name, lock=True)
            if job is None:
                lifecycle.abandon(self._app, connection, job_name)
            else:
                lifecycle.admit(self._app, connection, job)

    def _end(self, run_id: str, ending: Callable[[Run], Ending | None]) -> None:
        with self._app.store.write() as connection:
            job_name = run.get(connection, run_id).job_name
            job = definitions.find(connection, job_name, lock=True)
            one = run.get(connection, run_id, lock=True)
            how = ending(one) if one.is_live else None
            if how is not None:
                lifecycle.end(self._app, connection, one, how, job)

    def _patience_began(self) -> datetime:
        patience = self._app.settings.stop_grace_seconds + OBEDIENCE_SECONDS
        return self._app.clock.now() - timedelta(seconds=patience)

    def _queue_limit(self) -> datetime:
        return self._app.clock.now() - timedelta(hours=self._app.settings.queue_limit_hours)

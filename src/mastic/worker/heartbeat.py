"""One long poll for all runs: renews their leases, and brings the server's orders within milliseconds."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from mastic.worker.api import Api, Fenced, Refused, ServerAway

if TYPE_CHECKING:
    from mastic.worker.run import Run

log = logging.getLogger(__name__)

LONGEST_WAIT_SECONDS = 5.0
RENEWALS_PER_LEASE = 3  # one may be lost without harm
RETRY_SECONDS = 0.25


class Heartbeat:
    """Runs in a thread of its own."""

    def __init__(self, api: Api, worker_id: str, running: Callable[[], list[Run]]) -> None:
        self._api = api
        self._worker_id = worker_id
        self._running = running
        self._changed = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """There is a new run: ask again, with it."""
        self._changed.set()
        self._api.interrupt(self._thread.ident or 0)

    def stop(self) -> None:
        """End the thread."""
        self._stopping.set()
        self.wake()

    def _work(self) -> None:
        while not self._stopping.is_set():
            self._changed.clear()
            runs = self._running()
            if not runs:
                self._changed.wait()
                continue
            self._beat(runs)

    def _beat(self, runs: list[Run]) -> None:
        for run in runs:
            if run.overdue():
                run.order("timeout")
        known = [{"job_run_id": r.run_id, "token": r.token, "known": r.heard} for r in runs]
        try:
            directives = self._api.heartbeat(self._worker_id, known, wait_seconds(runs))
        except ServerAway:
            if not self._changed.is_set():
                self._stopping.wait(RETRY_SECONDS)
            return
        except (Refused, Fenced) as error:
            log.error("heartbeat refused: %s", error)
            self._stopping.wait(RETRY_SECONDS)
            return
        for run in runs:
            run.heard = directives.get(run.run_id, run.heard)
            run.order(run.heard)


def wait_seconds(runs: list[Run]) -> float:
    """How long one poll may wait: a lease is renewed when a poll begins."""
    return min([LONGEST_WAIT_SECONDS, *(run.assignment.lease_seconds / RENEWALS_PER_LEASE for run in runs)])

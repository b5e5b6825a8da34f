"""The worker: claims runs from a server and executes them on this machine, until it is told to stop."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from mastic.engines.broker import Broker
from mastic.settings import Settings, SettingsError
from mastic.worker import assignment, capacity
from mastic.worker.api import Api, Credentials, Fenced, Refused, ServerAway
from mastic.worker.environment import plain_environment
from mastic.worker.heartbeat import Heartbeat
from mastic.worker.home import WorkerFolder, leftovers
from mastic.worker.launcher import Zygote
from mastic.worker.logs import deliver
from mastic.worker.run import Run
from mastic.worker.shared import Shared

log = logging.getLogger(__name__)

CLAIM_WAIT_SECONDS = 20.0
DRAIN_SECONDS = 2.0  # for runs that are about to end anyway, when the worker is told to stop
REPORT_SECONDS = 5.0  # for delivering the ends of those that did not
COMMANDS = ["glueetl", "pythonshell"]
WORKER_KEY_FILE = "keys/worker.json"  # written by the server: src/mastic/security/keys.py


def run(settings: Settings, server_url: str, stop_event: threading.Event | None = None) -> None:
    """Work for the server at `server_url` until `stop_event` is set. Blocks."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s worker %(levelname)s %(message)s")
    stop = stop_event or threading.Event()
    worker = Worker(settings, server_url)
    worker.start()
    while not stop.wait(3600):
        pass
    worker.stop()


class Worker:
    """One worker process."""

    def __init__(self, settings: Settings, server_url: str) -> None:
        parts = urlsplit(server_url)
        # What runs are told is where the server is, not where its settings would have it.
        settings = replace(settings, host=parts.hostname or settings.host, port=parts.port or settings.port)
        self.settings = settings
        self.api = Api(server_url, settings.region, credentials(settings))
        self.folder = WorkerFolder.create(settings.home)
        self.shared = Shared(
            settings=settings,
            api=self.api,
            folder=self.folder,
            capacity=capacity.of_machine(settings),
            broker=Broker(settings, self.folder.path),
            zygote=Zygote(self.folder.path, plain_environment()),
        )
        self.runs: dict[str, Run] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self.heartbeat = Heartbeat(self.api, self.folder.worker_id, self.running)
        self._claimer = threading.Thread(target=self._claim, name="claim", daemon=True)

    def start(self) -> None:
        """Clean up after dead workers of this home, then begin."""
        self.shared.zygote.start()
        old = leftovers(self.settings.home)
        self.heartbeat.start()
        threading.Thread(target=self._settle, args=(old,), name="settle", daemon=True).start()
        self._claimer.start()

    def stop(self) -> None:
        """Take no more runs; let those that are nearly done finish, end the others, report, and go."""
        self._stopping.set()
        self.api.interrupt(self._claimer.ident or 0)
        self._wait(DRAIN_SECONDS)
        for run in self.running():
            run.order("shutdown")
        self._wait(self.settings.stop_grace_seconds + REPORT_SECONDS)
        self.shared.ends.set()
        self._wait(1)
        self.heartbeat.stop()
        self.shared.zygote.stop()
        self.shared.broker.close()
        if self.folder.is_settled():
            self.folder.remove()

    def running(self) -> list[Run]:
        """Runs that are not reported yet."""
        with self._lock:
            self.runs = {run_id: run for run_id, run in self.runs.items() if not run.done.is_set()}
            return list(self.runs.values())

    def _wait(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        for run in self.running():
            run.done.wait(max(0.0, deadline - time.monotonic()))

    def _claim(self) -> None:
        pauses = backoff()
        while not self._stopping.is_set():
            try:
                document = self.api.claim(self.folder.worker_id, {
                    "wait_seconds": CLAIM_WAIT_SECONDS,
                    "capacity": {"vcpus": self.shared.capacity.vcpus, "memory_mb": self.shared.capacity.memory_mb},
                    "commands": COMMANDS,
                    "running": [run.run_id for run in self.running()],
                })  # fmt: skip
            except ServerAway:
                self._stopping.wait(next(pauses))
                continue
            except (Refused, Fenced) as error:
                log.error("the server gives this worker no runs: %s", error)
                self._stopping.wait(next(pauses))
                continue
            pauses = backoff()
            if document:
                self._take(Run(assignment.parse(document), self.shared))

    def _take(self, run: Run) -> None:
        with self._lock:
            before = self.runs.get(run.run_id)
            self.runs[run.run_id] = run
        threading.Thread(target=_execute, args=(run, before), name=run.run_id, daemon=True).start()
        self.heartbeat.wake()  # now, not when it runs: preparing may take longer than a lease

    def _settle(self, old: list[WorkerFolder]) -> None:
        """Deliver what dead workers could not: log lines first, then the ends of their runs."""
        pauses = backoff()
        while old and not self._stopping.is_set():
            try:
                for folder in list(old):
                    settle(folder, self.api)
                    old.remove(folder)
            except ServerAway:
                self._stopping.wait(next(pauses))


def _execute(run: Run, before: Run | None) -> None:
    """Execute a run. One that was taken from us and is given to us again waits until we have let go of it."""
    if before is not None:
        before.order("abandon")
        before.done.wait()
    run.execute()


def settle(folder: WorkerFolder, api: Api) -> None:
    """Deliver what one dead worker kept, then remove its folder. Raises ServerAway."""
    for spool in folder.kept_logs():
        if not deliver(spool, api):
            raise ServerAway("log lines are waiting")
    for run_id, report in folder.kept_reports():
        try:
            api.finished(run_id, report)
        except (Fenced, Refused) as error:
            log.info("run %s had been taken away before its end could be reported: %s", run_id, error)
        folder.forget(run_id)
    folder.remove()


def credentials(settings: Settings) -> Credentials | None:
    """The worker's own key, for servers that verify signatures: the one the server of this home keeps for its
    workers, else (on another machine) from the environment. Raises SettingsError."""
    if settings.auth != "sigv4":
        return None
    try:
        kept = json.loads((settings.home / WORKER_KEY_FILE).read_text())
        return Credentials(kept["access_key_id"], kept["secret_access_key"])
    except FileNotFoundError:
        key, secret = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
    if not key or not secret:
        raise SettingsError(
            "auth = 'sigv4', so the worker signs its requests: give it AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of a"
            " key made with `mastic keys create`"
        )
    return Credentials(key, secret)


def backoff(first: float = 0.05, most: float = 1.0) -> Iterator[float]:
    """Pauses that grow: a restarted server is found quickly, a long absence costs little."""
    pause = first
    while True:
        yield pause
        pause = min(most, pause * 2)

"""Leases Spark Connect servers to runs. Lives in the worker: one warm spare, one exclusive server per run.

Children ask over a Unix socket, one JSON line each way; `progress` lines may come before the answer.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import socketserver
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mastic.engines import drivers, s3a, spark_runtime
from mastic.engines.spark_runtime import Runtime, RuntimeInstallError
from mastic.engines.spark_server import Size, SparkServer, SparkServerError, train
from mastic.settings import Settings

# A JVM that has served this many runs is replaced: what sessions leave behind adds up.
LEASES_PER_SERVER = 25
SPARE_MEMORY_SHARE = 0.6
# After a run has taken the spare: most runs are over sooner and give theirs back. On a slow machine, both take longer.
SPARE_DELAY_SECONDS = 10.0
SPARE_DELAY_STARTS = 5.0
# A JVM that starts keeps two cores busy: more at once are all late.
STARTS_AT_ONCE = max(1, len(os.sched_getaffinity(0)) // 2)

Progress = Callable[[str], object]


@dataclass(frozen=True, eq=False)
class _Start:
    """A server to be started; `wanted` by a run that waits for it."""

    size: Size
    folder: Path
    wanted: bool
    server: Future[SparkServer] = field(default_factory=Future)


class Broker:
    """Owns every Spark server of one worker. Thread-safe."""

    def __init__(self, settings: Settings, home: Path) -> None:
        self._settings = settings
        self._folder = home / "spark"
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        self._leased: dict[str, SparkServer] = {}
        self._spare: Future[SparkServer] | None = None
        self._lock = threading.RLock()
        self._closed = False
        self._started = 0
        self._start_seconds = 0.0  # how long the last server took to listen
        self._untrained = False
        # The kernel kills servers with the thread that started them: so one thread starts all, and stays.
        self._waiting: deque[_Start] = deque()
        self._starting = 0
        self._changed = threading.Condition(self._lock)
        self._starter = threading.Thread(target=self._start_loop, name="spark-starter", daemon=True)
        self._starter.start()
        # A path of our own choosing: a home's may be longer than a socket's name can be.
        self._socket_folder = Path(tempfile.mkdtemp(prefix="mastic-"))
        self.socket_path = self._socket_folder / "spark.sock"
        self._listener = _Listener(str(self.socket_path), self)
        threading.Thread(target=self._listener.serve_forever, name="spark-broker", daemon=True).start()
        if settings.spark_spare and spark_runtime.find(settings) is not None:
            self._keep_spare()

    # -- for the worker

    def lease(self, job_run_id: str, vcpus: float, memory_mb: int, progress: Progress = lambda message: None) -> str:
        """The URL of a server only this run uses; the same one when asked again.

        Raises RuntimeInstallError, SparkServerError.
        """
        wanted = Size(_threads(vcpus), memory_mb)
        with self._lock:
            held = self._leased.get(job_run_id)
            spare = None if held else self._take_spare(wanted)
        server = held or self._ready(spare, wanted, progress)
        server.use()
        with self._lock:
            server.leases += 0 if held else 1
            self._leased[job_run_id] = server
        if not held:
            self._keep_spare_later(job_run_id)
        return server.url

    def release(self, job_run_id: str, clean: bool) -> None:
        """The run is over. If it ended by itself and no other is warm, its server is the next spare; else it goes."""
        with self._lock:
            server = self._leased.pop(job_run_id, None)
            if server is None:
                return
            fresh = clean and server.alive and server.leases < LEASES_PER_SERVER and not self._closed
            if fresh and self._give(server):
                return
            fresh = fresh and server.size == self._spare_size
            if fresh and self._settings.spark_spare and not self._has_warm_spare():
                starting, self._spare = self._spare, Future()
                self._spare.set_result(server)
                if starting is not None:
                    starting.add_done_callback(_stop_unused)
                return
        server.stop()

    def spark_python(self, progress: Progress = lambda message: None) -> Path:
        """The Spark runtime's interpreter, for classic drivers; built first if need be.

        Raises RuntimeInstallError.
        """
        return self._runtime(progress).python

    def drivers(self, progress: Progress = lambda message: None) -> None:
        """Have the JDBC drivers where every JVM finds them. Raises RuntimeInstallError."""
        drivers.ensure(self._runtime(progress), progress)

    def close(self) -> None:
        """Stop everything."""
        with self._lock:
            self._closed = True
            servers = list(self._leased.values())
            spare, self._spare = self._spare, None
            self._leased.clear()
        self._listener.end()
        for server in servers:
            server.stop()
        if spare is not None and spare.done() and spare.exception() is None:
            spare.result().stop()
        # Servers still starting die with their thread.
        with self._changed:
            self._changed.notify_all()
        self._starter.join(timeout=5)
        shutil.rmtree(self._socket_folder, ignore_errors=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def memory_mb(self) -> int:
        """What all servers may use together, for the worker's accounts."""
        with self._lock:
            return sum(server.size.memory_mb for server in self._leased.values())

    # -- the spare

    @property
    def _spare_size(self) -> Size:
        settings = self._settings
        memory_mb = settings.worker_memory_mb or _machine_memory_mb() * 8 // 10
        return Size(_threads(settings.worker_vcpus or 1e9), int(memory_mb * SPARE_MEMORY_SHARE))

    def _has_spare(self) -> bool:
        spare = self._spare
        return spare is not None and not (spare.done() and (spare.exception() is not None or not spare.result().alive))

    def _has_warm_spare(self) -> bool:
        spare = self._spare
        return self._has_spare() and spare is not None and spare.done() and spare.result().is_warm

    def _keep_spare_later(self, job_run_id: str) -> None:
        """The next spare, unless the run that took the last one is over by then: starting one slows runs down."""
        delay = max(SPARE_DELAY_SECONDS, SPARE_DELAY_STARTS * self._start_seconds)
        timer = threading.Timer(delay, self._keep_spare_beside, (job_run_id,))
        timer.daemon = True
        timer.start()

    def _keep_spare_beside(self, job_run_id: str) -> None:
        with self._lock:
            if job_run_id in self._leased:
                self._keep_spare()

    def _keep_spare(self) -> None:
        with self._lock:
            if self._closed or not self._settings.spark_spare or self._has_spare():
                return
            self._spare = self._start(self._spare_size, wanted=False)

    def _take_spare(self, wanted: Size) -> Future[SparkServer] | None:
        if not self._has_spare() or not self._suits(self._spare_size, wanted):
            return None
        spare, self._spare = self._spare, None
        return spare

    def _suits(self, size: Size, wanted: Size) -> bool:
        """Whether a server serves who wants one: of that size, or a spare that is not larger."""
        smaller = size.memory_mb <= wanted.memory_mb and size.threads <= wanted.threads
        return size == wanted or (size == self._spare_size and smaller)

    def _size_for(self, wanted: Size) -> Size:
        """What a new server is made for: to be the next spare where one may be kept and it serves this run."""
        spare = self._spare_size
        return spare if self._settings.spark_spare and self._suits(spare, wanted) else wanted

    def _ready(self, spare: Future[SparkServer] | None, wanted: Size, progress: Progress) -> SparkServer:
        if spare is None:
            self._runtime(progress)
            progress("Starting a Spark server ...")
            spare = self._start(self._size_for(wanted), wanted=True)
        elif not spare.done():
            progress("Waiting for the Spark server that is being started ...")
        return spare.result()

    # -- starting

    def _runtime(self, progress: Progress) -> Runtime:
        runtime = spark_runtime.find(self._settings)
        if runtime is None:
            # Whoever waits for the runtime does not wait for its archive too.
            self._untrained = True
            runtime = spark_runtime.ensure(self._settings, progress, train=False)
        if self._settings.storage_endpoint:
            s3a.ensure(runtime, progress)
        return runtime

    def _start(self, size: Size, *, wanted: bool) -> Future[SparkServer]:
        with self._changed:
            self._started += 1
            start = _Start(size, self._folder / f"server-{self._started}", wanted)
            self._waiting.append(start)
            self._changed.notify_all()
        return start.server

    def _give(self, server: SparkServer) -> bool:
        """A server that has become free, to the first who waits for one like it to be started."""
        start = next((start for start in self._waiting if self._suits(server.size, start.size)), None)
        if start is None:
            return False
        self._waiting.remove(start)
        start.server.set_result(server)
        return True

    def _start_loop(self) -> None:
        while (start := self._next_start()) is not None:
            try:
                runtime, options = self._runtime(lambda message: None), self._settings.spark_java_options
                server = SparkServer.start(runtime, start.size, start.folder, self._buckets, self._environment, options)
            except Exception as error:
                self._end_start()
                start.server.set_exception(error)
                continue
            threading.Thread(target=self._make_ready, args=(server, start), name="spark-warm", daemon=True).start()

    def _next_start(self) -> _Start | None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or (self._waiting and self._starting < STARTS_AT_ONCE))
            if self._closed:
                return None
            self._starting += 1
            return self._waiting.popleft()

    def _end_start(self) -> None:
        with self._changed:
            self._starting -= 1
            self._changed.notify_all()

    def _make_ready(self, server: SparkServer, start: _Start) -> None:
        """Whoever waits for it has it as soon as it listens; else it is warmed."""
        began = time.monotonic()
        try:
            server.wait_until_listening()
            self._start_seconds = time.monotonic() - began
            if start.wanted:
                server.use()
            start.server.set_result(server)
            server.warm()
        except Exception as error:
            server.stop()
            if not start.server.done():
                start.server.set_exception(error)
            return
        finally:
            self._end_start()
        if self._untrained:
            self._untrained = False
            with contextlib.suppress(SparkServerError, OSError):
                train(server.runtime, self._folder / "training")

    @property
    def _buckets(self) -> Path | None:
        return None if self._settings.storage_endpoint else self._settings.buckets

    @property
    def _environment(self) -> dict[str, str]:
        # What a script's functions find when they run in the server's Python workers.
        settings = self._settings
        environment = {
            "AWS_ENDPOINT_URL": settings.endpoint,
            "AWS_DEFAULT_REGION": settings.region,
            "AWS_REGION": settings.region,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        if settings.auth == "open":
            environment |= {"AWS_ACCESS_KEY_ID": "mastic", "AWS_SECRET_ACCESS_KEY": "mastic"}
        return environment | (settings.store_environment or {"MASTIC_BUCKETS": str(settings.buckets)})


class _Listener(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def __init__(self, path: str, broker: Broker) -> None:
        self.broker = broker
        super().__init__(path, _Question)
        Path(path).chmod(0o600)

    def end(self) -> None:
        """Stop serving, without waiting for the next time the loop would look whether it should."""
        ending = threading.Thread(target=self.shutdown)
        ending.start()
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as wake:
            wake.connect(str(self.server_address))
        ending.join()
        self.server_close()


class _Question(socketserver.StreamRequestHandler):
    server: _Listener

    def handle(self) -> None:
        try:
            question = json.loads(self.rfile.readline())
            self._say(self._answer(question))
        except (ValueError, KeyError, TypeError) as error:
            self._say({"error": f"not a question this broker knows: {error!r}"})

    def _answer(self, question: dict[str, Any]) -> dict[str, Any]:
        if question["op"] not in ("lease", "drivers"):
            raise ValueError(question["op"])
        try:
            if question["op"] == "drivers":
                self.server.broker.drivers(self._progress)
                return {"drivers": "ready"}
            url = self.server.broker.lease(
                str(question["job_run_id"]), float(question["vcpus"]), int(question["memory_mb"]), self._progress
            )
        except (RuntimeInstallError, SparkServerError, OSError) as error:
            return {"error": str(error)}
        return {"url": url}

    def _progress(self, message: str) -> None:
        self._say({"progress": message})

    def _say(self, answer: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):
            self.wfile.write(json.dumps(answer).encode() + b"\n")


def _stop_unused(starting: Future[SparkServer]) -> None:
    if starting.exception() is None:
        starting.result().stop()


def _threads(vcpus: float) -> int:
    return max(1, min(round(vcpus), len(os.sched_getaffinity(0))))


def _machine_memory_mb() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20

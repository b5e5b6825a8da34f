"""The run's SparkSession: a Spark Connect client whose stub is the plan router, over engines that start when needed."""

from __future__ import annotations

import atexit
import importlib
import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import mastic
from mastic.engines import report
from mastic.engines.config import EngineConfig

# What AWS Glue sets in every job's session; `--conf`, SparkConf and the builder override it.
GLUE_DEFAULTS = {"spark.sql.session.timeZone": "UTC"}

PRELOADED = (
    "google.protobuf.json_format",
    "grpc._channel",
    "grpc_status.rpc_status",
    "pandas",
    "pyarrow.compute",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "pyspark.sql.connect.functions.builtin",
    "pyspark.sql.connect.udf",
    "pyspark.sql.functions",
    "pyspark.sql.pandas.types",
    "zstandard",
    "mastic.engines.router",
    "mastic.engines.sql_tables",
)
# After the openings are installed: these names are bound to what they open.
SCRIPTS_IMPORT = ("awsglue.context", "awsglue.job", "awsglue.transforms", "awsglue.utils")

is_loaded = False
_lock = threading.RLock()
_installed = False
_config: EngineConfig | None = None
_router: Any = None


class EngineNotAvailable(RuntimeError):
    """An engine the script needs cannot be had here; the message says why and what to do."""


def preload() -> None:
    """Import what the first query imports lazily, and install the openings. Starts no thread."""
    # A forking parent may have no threads: not the background purger of an allocator that is not even in use.
    os.environ.setdefault("JE_ARROW_MALLOC_CONF", "background_thread:false")
    for name in PRELOADED:
        importlib.import_module(name)
    load()


def load() -> None:
    """Import what nearly every script needs, and install the openings."""
    global is_loaded
    from mastic.engines import late_pandas, sail

    late_pandas.give_pyarrow()
    with late_pandas.stand_in():
        from mastic.engines.router import proven

        proven.committed()
        install()
        sail.load()
        for name in SCRIPTS_IMPORT:
            importlib.import_module(name)
    is_loaded = True


def install() -> None:
    """Put the openings and the catalog into pyspark. Idempotent."""
    global _installed
    if _installed:
        return
    from mastic.engines import catalog_views, shims

    shims.install()
    catalog_views.install()
    _installed = True


def activate(config: EngineConfig) -> None:
    """Say what sessions of this process run on. Raises RuntimeError when a session is open already."""
    global _config
    preload()
    if _router is not None:
        raise RuntimeError("a session is open already; engines are activated once, before it")
    _config = config
    report.count_with(_summary)


@contextmanager
def lent(config: EngineConfig) -> Iterator[None]:
    """Engines for the block, in a process that has had others and will have again (tests). Sail's server stays."""
    global _config, _router
    install()
    from pyspark.sql.connect.session import SparkSession

    from mastic.engines.shims.context import SparkContext

    active = SparkSession._active_session
    before = _config, _router, SparkContext._active, SparkSession._default_session, getattr(active, "session", None)
    _config, _router, SparkContext._active, SparkSession._default_session, active.session = (
        config,
        None,
        None,
        None,
        None,
    )
    try:
        with report.afresh(_summary):
            yield
    finally:
        with suppress(Exception):  # whatever state the script left it in, the next one gets its own
            if SparkContext._active is not None:
                SparkContext._active.stop()
        _config, _router, SparkContext._active, SparkSession._default_session, active.session = before


def _summary() -> dict[str, Any]:
    return _router.summary() if _router else {"sail": 0, "spark": 0, "reasons": {}}


def config() -> EngineConfig:
    """What `activate` was told. Raises EngineNotAvailable outside a Mastic run."""
    if _config is None:
        mastic.open_engines()
    if _config is None:
        raise EngineNotAvailable("no engine is active in this process; run the script with `mastic run`")
    return _config


def opened() -> Any:
    """The router of this process, made on first use and shared by all its sessions."""
    global _router
    with _lock:
        if _router is None:
            _router = _make_router(config())
        return _router


def connect() -> Any:
    """A new SparkSession on the run's engines, with Glue's defaults and `--conf` applied."""
    from mastic.engines.shims.session import SparkSession

    plugged = opened()
    session = SparkSession(connection=_builder()())
    client = session.client
    # Engines live and die with this process: there is nothing to reattach to.
    client.disable_reattachable_execute()
    # And nothing to wait for: a server that ended stays away, and a write sent again would be made twice.
    client.set_retry_policies([])
    # A compressed plan would hide from the router what it asks for.
    client._plan_compression_threshold, client._plan_compression_algorithm = -1, "NONE"
    # It would wake Spark at exit to drop models there are none of; the server's sessions go with its lease.
    atexit.unregister(client._cleanup_ml_cache)
    client._stub = plugged
    client._artifact_manager._stub = plugged
    return session


def _make_router(config: EngineConfig) -> Any:
    from mastic.engines import sail
    from mastic.engines.router import Policy, Router

    return Router(
        None if config.engine == "spark" else lambda: sail.start(config),
        (lambda: lease(config)) if config.broker and config.engine != "sail" else None,
        Policy(config.engine),
        buckets=config.buckets,
        notify=report.tell,
        drivers=lambda: _fetch_drivers(config),
    )


def lease(config: EngineConfig) -> Any:
    """The stub of a Spark Connect server of this run's own, from the worker's broker.

    Raises EngineNotAvailable with the broker's reason.
    """
    from mastic.engines.stubs import stub

    run_id = config.holder or os.environ.get("MASTIC_JOB_RUN_ID", f"process-{os.getpid()}")
    question = {"op": "lease", "job_run_id": run_id, "vcpus": config.vcpus, "memory_mb": config.memory_mb}
    answer = ask(config.broker or "", question)
    if "url" not in answer:
        raise EngineNotAvailable(f"no Spark for this run: {answer.get('error', answer)}")
    address, _, token = answer["url"].removeprefix("sc://").partition("/;token=")
    return stub(address, token)


def _fetch_drivers(config: EngineConfig) -> None:
    """Have the worker fetch the JDBC drivers. Raises EngineNotAvailable with its reason."""
    answer = ask(config.broker or "", {"op": "drivers"})
    if "error" in answer:
        raise EngineNotAvailable(str(answer["error"]))


def ask(path: str, question: dict[str, Any]) -> dict[str, Any]:
    """One JSON line to the broker's socket and one back; lines with `progress` are passed on to the user."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(path)
            connection.sendall(json.dumps(question).encode() + b"\n")
            for line in connection.makefile("rb"):
                answer: dict[str, Any] = json.loads(line)
                if "progress" not in answer:
                    return answer
                report.tell(answer["progress"])
    except OSError as error:
        return {"error": f"the worker's broker does not answer: {error}"}
    return {"error": "the worker went away"}


def _builder() -> Any:
    from pyspark.sql.connect.client import DefaultChannelBuilder

    class Builder(DefaultChannelBuilder):
        """Describes a connection that is never made: the router stands in the stub's place."""

        def __init__(self) -> None:
            super().__init__("sc://mastic.invalid")

        def toChannel(self) -> Any:
            return _Unconnected()

    return Builder


class _Unconnected:
    """What the client needs of a channel to build the stub that is then replaced."""

    def _method(self, *described: Any, **options: Any) -> None:
        return None

    unary_unary = unary_stream = stream_unary = stream_stream = _method

    def close(self) -> None:
        """Nothing is open."""

"""Sail, embedded: an in-process Rust Spark Connect server, sized for one run."""

from __future__ import annotations

import ctypes
import importlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from mastic.engines.config import EngineConfig
from mastic.engines.stubs import stub

# What the run's own Python and its libraries need beside Sail's memory pool.
PYTHON_MEMORY_MB = 512

# Memory as it is needed, and kept for two seconds: the allocator's own choice, large areas at once that are given back
# after 10 ms, costs a run a second of page faults for every half gigabyte.
ALLOCATOR = {"MIMALLOC_ARENA_EAGER_COMMIT": "0", "MIMALLOC_PURGE_DELAY": "2000"}

_server: Any = None


def load() -> Any:
    """Sail's module."""
    with _allocator():
        return importlib.import_module("pysail.spark")


@contextmanager
def mapped_meanwhile() -> Iterator[None]:
    """Map and relocate Sail's library beside the block: 25 ms that need no interpreter."""
    found = find_spec("pysail._native")
    with _allocator():
        thread = threading.Thread(target=_map, args=(found.origin if found else None,), name="mastic-sail")
        thread.start()
        try:
            yield
        finally:
            thread.join()


def _map(path: str | None) -> None:
    # A foreign function lets other threads run, which CDLL itself does not. What fails here fails at the import.
    if path and os.name == "posix":
        ctypes.CDLL(None).dlopen(os.fsencode(path), os.RTLD_NOW)


@contextmanager
def _allocator() -> Iterator[None]:
    """The allocator reads the environment once, when the library is loaded."""
    added = {name: value for name, value in ALLOCATOR.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


def start(config: EngineConfig) -> Any:
    """The gRPC stub of this process's Sail server, started on first use."""
    global _server
    if _server is None:
        os.environ.update(environment(config))
        _server = load().SparkConnectServer("127.0.0.1", 0)
        _server.start(background=True)
    host, port = _server.listening_address
    return stub(f"{host}:{port}")


def environment(config: EngineConfig) -> dict[str, str]:
    """Sail's settings; it reads them once, when its server starts."""
    spill = config.work_dir / "sail"
    spill.mkdir(parents=True, exist_ok=True)
    pool_mb = max(256, int(config.memory_mb * 0.8) - PYTHON_MEMORY_MB)
    settings = {
        "RUST_LOG": os.environ.get("RUST_LOG", "error"),
        # A job may wait for hours between two plans.
        "SAIL_SPARK__SESSION_TIMEOUT_SECS": str(30 * 86400),
        "SAIL_RUNTIME__MEMORY_POOL__TYPE": "fair",
        "SAIL_RUNTIME__MEMORY_POOL__FAIR__MAX_SIZE": str(pool_mb * 1024 * 1024),
        "SAIL_RUNTIME__TEMPORARY_FILES__PATHS": f'["{spill}"]',
        # Hash joins are fast but cannot spill; one too large for the pool fails, and the router asks Spark instead.
        "SAIL_OPTIMIZER__PREFER_HASH_JOIN": "true",
        "SAIL_EXECUTION__CHECKPOINT__PATH": str(config.work_dir / "checkpoints"),
        "SAIL_EXECUTION__DEFAULT_PARALLELISM": str(config.threads),
        "SAIL_PARQUET__COMPRESSION": "snappy",
        # A file's least and greatest number leave NaN out: by them a column of 1.0 and NaN would be read as all 1.0.
        "SAIL_EXECUTION__COLLECT_STATISTICS": "false",
    }
    return settings | _storage()


def _storage() -> dict[str, str]:
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3")
    if not endpoint:
        return {}
    return {"AWS_ENDPOINT": endpoint, "AWS_ALLOW_HTTP": str(endpoint.startswith("http://")).lower()}

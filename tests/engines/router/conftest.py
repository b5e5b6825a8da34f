"""One embedded Sail for the module; a fresh router and session per test."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import routing


@pytest.fixture(scope="session")
def sail_address() -> Iterator[str]:
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    yield f"127.0.0.1:{server.listening_address[1]}"
    server.stop()


@pytest.fixture
def routed(sail_address: str, tmp_path: Path) -> tuple[Any, Any, Path]:
    """(session, router, bucket root) with no Spark to fall back to."""
    from mastic.engines.router import Router

    root = routing.buckets(tmp_path / "buckets")
    router = Router(lambda: routing.stub(sail_address), None, buckets=root)
    return routing.connect(sail_address, router), router, root

"""How a run gets its SparkSession. Light to import: each part is loaded when it is needed. See README.md."""

from __future__ import annotations

from typing import Any

from mastic.engines.config import EngineConfig

__all__ = ["EngineConfig", "activate", "preload", "summary"]


def preload() -> None:
    """Import everything a Spark script will need and install the openings; starts no thread (for the zygote)."""
    from mastic.engines import session

    session.preload()


def activate(config: EngineConfig) -> None:
    """Say what the engines of this process may use. Nothing starts until a session is asked for."""
    if config.classic:
        from mastic.engines import classic

        classic.activate(config)
        return
    from mastic.engines import session

    session.activate(config)


def summary() -> dict[str, Any]:
    """How many plans each engine ran, and why any went to Spark: `{"sail": n, "spark": n, "reasons": {why: n}}`."""
    from mastic.engines import report

    return report.summary()

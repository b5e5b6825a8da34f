"""Fixtures that every test folder may use."""

import os

import pytest
from hypothesis import HealthCheck, settings

# Most JVMs of the tests live for a few small queries: the second compiler would cost more than all they compute.
os.environ.setdefault("MASTIC_SPARK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")

# A loaded machine is no fault of a test; and a server that lasts for all examples is meant to.
_ALLOWED = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
settings.register_profile("mastic", deadline=None, suppress_health_check=_ALLOWED)
settings.load_profile("mastic")

pytest_plugins = ["live", "postgres", "mariadb", "serving", "script_share", "job_session"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long tests first where tests run side by side: else one process is left with a JVM's, and the other with none."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: not any(item.get_closest_marker(name) for name in ("spark", "slow")))

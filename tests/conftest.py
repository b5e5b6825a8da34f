"""Fixtures that every test folder may use."""

import os

from hypothesis import HealthCheck, settings

# Most JVMs of the tests live for a few small queries: the second compiler would cost more than all they compute.
os.environ.setdefault("MASTIC_SPARK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")

# A loaded machine is no fault of a test; and a server that lasts for all examples is meant to.
_ALLOWED = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
settings.register_profile("mastic", deadline=None, suppress_health_check=_ALLOWED)
settings.load_profile("mastic")

pytest_plugins = ["live", "postgres", "mariadb", "serving", "script_share", "job_session"]

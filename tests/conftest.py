"""Fixtures that every test folder may use."""

import os

# Most JVMs of the tests live for a few small queries: the second compiler would cost more than all they compute.
os.environ.setdefault("MASTIC_SPARK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")

pytest_plugins = ["live", "postgres", "mariadb", "serving", "script_share", "job_session"]

"""The environment that what we start begins with."""

from __future__ import annotations

import os

# Each thread of OpenBLAS looks for work for 2^26 ticks before it sleeps, from its start on: every process that imports
# numpy would keep its other processors busy for 80 ms. 2^20 ticks are less than one. Read when the library is loaded.
QUIET_BLAS = {"OPENBLAS_THREAD_TIMEOUT": "20"}

_FOREIGN = ("MASTIC_", "AWS_", "PYTHON", "PYSPARK_", "SPARK_", "VIRTUAL_ENV")


def plain_environment() -> dict[str, str]:
    """This process's without what belongs to Mastic, to someone's AWS account or to another Spark."""
    return {k: v for k, v in os.environ.items() if not k.startswith(_FOREIGN)}

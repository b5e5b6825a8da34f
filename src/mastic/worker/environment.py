"""The environment that what we start begins with."""

from __future__ import annotations

import os

_FOREIGN = ("MASTIC_", "AWS_", "PYTHON", "PYSPARK_", "SPARK_", "VIRTUAL_ENV")


def plain_environment() -> dict[str, str]:
    """This process's without what belongs to Mastic, to someone's AWS account or to another Spark."""
    return {k: v for k, v in os.environ.items() if not k.startswith(_FOREIGN)}

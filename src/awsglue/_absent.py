"""What AWS's library has and this one does not: it imports as on AWS, and says so when it is used."""

from __future__ import annotations

from typing import Any, NoReturn

STREAMING = "streaming sources and jobs are not there yet"
LAKE_FORMATION = "governed tables and their transactions have ended on AWS too"
JVM = "it hands objects to Glue's own JVM, and there is none"
STORAGE_CLASSES = "objects have no storage classes here; purge_s3_path and purge_table are there"
JOB_API = "call boto3.client('glue') instead"


class AbsentError(NotImplementedError):
    """A name of AWS's library was used that is not implemented here."""


class Absent:
    """Stands where AWS has a class, function or method. Using it raises AbsentError."""

    def __init__(self, name: str, why: str) -> None:
        self._said = f"{name} is not in this awsglue: {why} (docs/coverage.md lists what is)"

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AbsentError(self._said)

    def __getattr__(self, name: str) -> NoReturn:
        # Probes of Python itself (copy, inspect, hasattr) get the answer they understand.
        raise (AttributeError if name.startswith("_") else AbsentError)(self._said)

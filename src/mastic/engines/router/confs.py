"""`spark.conf` without an engine: values set here, Spark's defaults from the proven list."""

from __future__ import annotations

import re
import zoneinfo

from mastic.engines.router import pb
from mastic.engines.router.pb import Message, Unproven
from mastic.engines.router.proven import Proven
from mastic.engines.router.session import Session

TIME_ZONE = "spark.sql.session.timeZone"
# What the client asks of the server it believes it talks to: plans come here as they are, never compressed.
OWN = {
    "spark.connect.session.planCompression.threshold": "-1",
    "spark.connect.session.planCompression.defaultAlgorithm": "NONE",
}
# Settings the router itself obeys.
OVERWRITE_MODE = "spark.sql.sources.partitionOverwriteMode"
INTERPRETED = frozenset({OVERWRITE_MODE, "spark.sql.parquet.compression.codec"})
# Settings of the machinery, whatever their value: they move work about and change no answer.
UNHEARD = frozenset(
    {
        "spark.app.name",
        "spark.master",
        "spark.default.parallelism",
        "spark.serializer",
        "spark.sql.shuffle.partitions",
        "spark.sql.autoBroadcastJoinThreshold",
        "spark.sql.broadcastTimeout",
        "spark.sql.files.maxPartitionBytes",
        "spark.sql.files.openCostInBytes",
        "spark.sql.execution.arrow.pyspark.enabled",
        "spark.sql.execution.arrow.enabled",
        "spark.sql.execution.arrow.maxRecordsPerBatch",
        "spark.sql.debug.maxToStringFields",
        "spark.sql.warehouse.dir",
        "spark.sql.extensions",
        "spark.sql.hive.metastorePartitionPruning",
        "spark.sql.parquet.filterPushdown",
        "spark.sql.crossJoin.enabled",
        "spark.sql.optimizer.dynamicPartitionPruning.enabled",
    }
)
UNHEARD_PREFIXES = (
    "spark.executor.",
    "spark.driver.",
    "spark.dynamicAllocation.",
    "spark.sql.adaptive.",
    "spark.hadoop.",
    "spark.ui.",
    "spark.eventLog.",
    "spark.memory.",
    "spark.network.",
    "spark.shuffle.",
    "spark.rpc.",
    "spark.kryo",
    "spark.yarn.",
    "spark.glue.",
    "spark.sql.catalog.",
    "spark.speculation",
    "spark.task.",
    "spark.scheduler.",
)


def answer(session: Session, proven: Proven, request: Message) -> Message:
    """The response to a Config request; raises Unproven where only Spark knows it."""
    response = pb.base.ConfigResponse(session_id=request.session_id, server_side_session_id=session.shown_id)
    operation = request.operation
    kind = operation.WhichOneof("op_type")
    if kind == "set":
        for pair in operation.set.pairs:
            _assign(session, proven, pair.key, pair.value)
    elif kind == "unset":
        for key in operation.unset.keys:
            session.conf.pop(key, None)
            session.special_confs.pop(key, None)
    elif kind == "get":
        for key in operation.get.keys:
            response.pairs.add(key=key, value=_known(session, proven, key))
    elif kind == "get_option":
        for key in operation.get_option.keys:
            pair = response.pairs.add(key=key)
            value = _lookup(session, proven, key)
            if value is not None:
                pair.value = value
    elif kind == "get_with_default":
        for given in operation.get_with_default.pairs:
            pair = response.pairs.add(key=given.key)
            value = session.conf.get(given.key)
            if value is None and not given.HasField("value"):
                value = _lookup(session, proven, given.key)
            if value is None and given.HasField("value"):
                value = given.value
            if value is not None:
                pair.value = value
    else:
        raise Unproven(f"conf {kind}")
    return response


def _assign(session: Session, proven: Proven, key: str, value: str) -> None:
    session.conf[key] = value
    session.special_confs.pop(key, None)
    if proven.confs.get(key) != value:
        name = construct(key, value)
        if name:
            session.special_confs[key] = name


def construct(key: str, value: str) -> str:
    """What must be proven for plans to run on Sail under this setting; empty when nothing reads the key."""
    if not key.startswith("spark.") or key in INTERPRETED:
        return ""
    if key in UNHEARD or key.startswith(UNHEARD_PREFIXES):
        return f"conf {key if key in UNHEARD else next(p for p in UNHEARD_PREFIXES if key.startswith(p)) + '*'}"
    return f"conf {key}={value}"


def doubtful(proven: Proven, request: Message) -> str:
    """The setting of a value that Spark may refuse, which it says at once; empty when there is none."""
    for pair in request.operation.set.pairs:
        default = proven.confs.get(pair.key)
        if default not in (None, pair.value) and not _plausible(pair.key, pair.value.strip(), default):
            return f"conf {pair.key}={pair.value}"
    return ""


def _plausible(key: str, value: str, default: str) -> bool:
    if key == TIME_ZONE:
        return value in zoneinfo.available_timezones()
    if key == OVERWRITE_MODE:
        return value.lower() in ("static", "dynamic")
    if default in ("true", "false"):
        return value.lower() in ("true", "false")
    if re.fullmatch(r"-?[0-9]+", default):
        return value.isdecimal() and 0 < int(value) < 2**31
    return True


def _lookup(session: Session, proven: Proven, key: str) -> str | None:
    return OWN.get(key) or session.conf.get(key, proven.confs.get(key))


def _known(session: Session, proven: Proven, key: str) -> str:
    value = _lookup(session, proven, key)
    if value is None:
        raise Unproven(f"conf {key}")
    return value

"""`SparkSession` as scripts open it: the builder, `SparkSession(sc)`, `spark.sparkContext`, `isinstance`."""

from __future__ import annotations

import sys
from typing import Any

import pyspark.sql.session
from pyspark.sql.connect.session import SparkSession as Session

from mastic.engines import report
from mastic.engines.shims.context import SparkContext

# Shape the cluster or the JVM, never a result; recorded, without effect on this engine.
STATIC_PREFIXES = (
    "spark.app.", "spark.broadcast.", "spark.cleaner.", "spark.decommission.", "spark.default.parallelism",
    "spark.deploy.", "spark.driver.", "spark.dynamicAllocation.", "spark.eventLog.", "spark.excludeOnFailure.",
    "spark.executor.", "spark.executorEnv.", "spark.extraListeners", "spark.files.", "spark.glue.", "spark.history.",
    "spark.io.", "spark.kryo", "spark.local.dir", "spark.locality.", "spark.log", "spark.master", "spark.memory.",
    "spark.metrics.", "spark.network.", "spark.port.", "spark.python.", "spark.pyspark.", "spark.rdd.",
    "spark.reducer.", "spark.resource.", "spark.rpc.", "spark.scheduler.", "spark.serializer", "spark.shuffle.",
    "spark.speculation", "spark.stage.", "spark.storage.", "spark.submit.", "spark.task.", "spark.ui.", "spark.yarn.",
    "spark.hadoop.", "spark.sql.warehouse.dir", "spark.sql.catalogImplementation", "spark.sql.hive.metastore",
    "spark.sql.legacy.setCommandRejectsSparkCoreConfs", "spark.sql.ui.", "spark.connect.", "spark.remote",
)  # fmt: skip
# These bring code into the JVM: without a classic driver they cannot do what was asked.
NEED_JVM = ("spark.jars", "spark.plugins", "spark.archives")


def open_session(context: SparkContext) -> Any:
    """A new session of the run's engines with the context's configuration; it becomes the active one."""
    from mastic.engines import session as engines

    opened = engines.connect()
    opened._mastic_context = context
    Session._set_default_and_active_session(opened)
    apply(opened, dict(context._conf.getAll()))
    return opened


def apply(session: Any, options: dict[str, Any]) -> None:
    """Set session options; static ones are recorded on the context, where scripts read them back."""
    context = session.sparkContext
    for key, value in options.items():
        context._conf.set(key, _text(value))
    runtime = {k: _text(v) for k, v in options.items() if not k.startswith(STATIC_PREFIXES)}
    for key in [k for k in runtime if k.startswith(NEED_JVM) or not k.startswith("spark.")]:
        report.warn(f"the setting {key} has no effect on this engine")
        del runtime[key]
    for key, value in runtime.items():
        session.conf.set(key, value)


def active_session() -> Any:
    """The session of the active context, opened with a new context where there is none."""
    return SparkContext.getOrCreate().session


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class _Builder(Session.Builder):
    """`SparkSession.builder`: every session of a run is on the run's engines."""

    def master(self, master: str) -> _Builder:
        self._options["spark.master"] = master
        return self

    def enableHiveSupport(self) -> _Builder:
        return self

    def remote(self, location: str = "sc://localhost") -> _Builder:
        report.warn(f"SparkSession.builder.remote({location!r}) is ignored: the run's own engines answer")
        return self

    def getOrCreate(self) -> Any:
        options = dict(self._options)
        fresh = SparkContext._active is None
        if fresh:
            conf = pyspark.SparkConf().setAll([(k, _text(v)) for k, v in options.items()])
            return SparkContext(conf=conf).session
        session = active_session()
        apply(session, options)
        return session

    def create(self) -> Any:
        context = SparkContext.getOrCreate()
        session = open_session(context)
        apply(session, self._options)
        return session


class _Opening(type):
    def __call__(cls, *arguments: Any, connection: Any = None, **options: Any) -> Any:
        """`SparkSession(sc)` is the active session; only we open connections."""
        if connection is None:
            return active_session()
        return super().__call__(connection=connection)


class SparkSession(Session, metaclass=_Opening):
    """The class scripts import: a Connect session with a context, made by the builder or `SparkSession(sc)`."""

    Builder = _Builder
    _mastic_context: SparkContext

    @property
    def sparkContext(self) -> SparkContext:
        return self._mastic_context

    _sc = sparkContext

    @property
    def _jvm(self) -> Any:
        return self._mastic_context._jvm

    @property
    def _jsc(self) -> Any:
        return self._mastic_context._jsc

    def newSession(self) -> Any:
        return open_session(self._mastic_context)

    def stop(self) -> None:
        super().stop()
        context = self._mastic_context
        if context._session is self:
            context.stop()


def install() -> None:
    """Put the class in the place of the classic one, in pyspark and in modules of tests that imported it before."""
    classic = pyspark.sql.session.SparkSession
    for module in list(sys.modules.values()):
        if getattr(module, "__dict__", {}).get("SparkSession") is classic:
            module.SparkSession = SparkSession  # type: ignore[attr-defined]

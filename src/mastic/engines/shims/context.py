"""`SparkContext` without a JVM: the way into a session, and the parts of it that scripts use besides."""

from __future__ import annotations

import os
import sys
import time
import types
from pathlib import Path
from typing import Any, ClassVar

import pyspark
from pyspark.conf import SparkConf

from mastic.engines import report
from mastic.engines.shims.java import Gateway, JavaSparkContext, JavaView, not_available


class Broadcast:
    """A broadcast variable: functions are shipped with what they capture, so the value itself travels."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def unpersist(self, blocking: bool = False) -> None:
        return None

    def destroy(self, blocking: bool = False) -> None:
        return None

    def __reduce__(self) -> Any:
        # The engine's Python workers do not have this class.
        return types.SimpleNamespace, (), {"value": self.value}


class SparkContext:
    """Duck-types `pyspark.SparkContext`. At most one is active, as in Spark."""

    _active: ClassVar[SparkContext | None] = None
    PACKAGE_EXTENSIONS = (".zip", ".egg", ".jar")

    def __init__(self, master: Any = None, appName: str | None = None, *more: Any, conf: Any = None, **options: Any):
        existing = SparkContext._active
        if existing is not None:
            raise ValueError(
                "Cannot run multiple SparkContexts at once; existing "
                f"SparkContext(app={existing.appName}, master={existing.master}) created earlier in this script"
            )
        conf = conf or next((a for a in (master, *more) if isinstance(a, SparkConf)), None)
        self._conf = SparkConf()
        self._conf.setAll(_from_command_line())
        self._conf.setAll(conf.getAll() if conf else [])
        if isinstance(master, str):
            self._conf.setMaster(master)
        if appName:
            self._conf.setAppName(appName)
        for key, value in (options.get("environment") or {}).items():
            self._conf.setExecutorEnv(key, value)
        self._conf.setIfMissing("spark.app.name", _app_name())
        self._conf.setIfMissing("spark.master", "local[*]")
        self._jvm = JavaView()
        self._jsc = JavaSparkContext()
        self._gateway = Gateway(self._jvm)
        self._started_at = time.time()
        self._local_properties: dict[str, str] = {}
        self._session: Any = None
        SparkContext._active = self
        for path in options.get("pyFiles") or []:
            self.addPyFile(path)

    @classmethod
    def getOrCreate(cls, conf: Any = None) -> SparkContext:
        return cls._active or cls(conf=conf)

    @property
    def session(self) -> Any:
        """The context's SparkSession, opened on first use."""
        if self._session is None or self._session.is_stopped:
            from mastic.engines.shims.session import open_session

            self._session = open_session(self)
        return self._session

    # -- what it is

    @property
    def version(self) -> str:
        return pyspark.__version__

    @property
    def applicationId(self) -> str:
        return f"local-{int(self._started_at * 1000)}"

    @property
    def appName(self) -> str:
        return str(self._conf.get("spark.app.name"))

    @property
    def master(self) -> str:
        return str(self._conf.get("spark.master"))

    @property
    def startTime(self) -> int:
        return int(self._started_at * 1000)

    @property
    def defaultParallelism(self) -> int:
        from mastic.engines import session

        return session.config().threads

    @property
    def defaultMinPartitions(self) -> int:
        return min(self.defaultParallelism, 2)

    @property
    def pythonVer(self) -> str:
        return f"{sys.version_info.major}.{sys.version_info.minor}"

    @property
    def uiWebUrl(self) -> None:
        return None

    @property
    def resources(self) -> dict[str, Any]:
        return {}

    def sparkUser(self) -> str:
        return os.environ.get("USER", "root")

    def getConf(self) -> SparkConf:
        return SparkConf().setAll(self._conf.getAll())

    # -- nothing to be done

    def setLogLevel(self, level: str) -> None:
        return None

    def setCheckpointDir(self, folder: str) -> None:
        return None

    def setJobDescription(self, description: str) -> None:
        return None

    def setJobGroup(self, group: str, description: str, interruptOnCancel: bool = False) -> None:
        return None

    def setLocalProperty(self, key: str, value: str) -> None:
        self._local_properties[key] = value

    def getLocalProperty(self, key: str) -> str | None:
        return self._local_properties.get(key)

    @classmethod
    def setSystemProperty(cls, key: str, value: str) -> None:
        report.warn(f"SparkContext.setSystemProperty({key!r}, ...) has no effect on this engine")

    # -- what has an equivalent

    def broadcast(self, value: Any) -> Broadcast:
        return Broadcast(value)

    def addPyFile(self, path: str) -> None:
        """Make a module importable, here and in functions shipped to the engine."""
        local = _local(path)
        sys.path.insert(1, str(local if local.suffix in self.PACKAGE_EXTENSIONS else local.parent))
        self.session.addArtifacts(str(local), pyfile=True)

    def addFile(self, path: str, recursive: bool = False) -> None:
        local = _local(path)
        if local.is_dir():
            not_available("SparkContext.addFile of a folder")
        self.session.addArtifacts(str(local), file=True)

    def cancelAllJobs(self) -> None:
        self.session.interruptAll()

    def stop(self) -> None:
        """End the session too, as in Spark; the engines stay for the next one."""
        if self._session is not None and not self._session.is_stopped:
            self._session.stop()
        self._session = None
        if SparkContext._active is self:
            SparkContext._active = None

    def accumulator(self, value: Any, accum_param: Any = None) -> Any:
        # It would stay at its first value: no engine reports a function's additions back through Spark Connect.
        not_available("SparkContext.accumulator")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        not_available(f"SparkContext.{name}")

    def __enter__(self) -> SparkContext:
        return self

    def __exit__(self, *error: Any) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<SparkContext master={self.master} appName={self.appName}>"


def install() -> None:
    """`pyspark.SparkContext`, `pyspark.context`, `pyspark.core.context`, `pyspark.broadcast`."""
    target: Any = pyspark
    target.SparkContext = SparkContext
    target.Broadcast = Broadcast
    context = _module("pyspark.context", SparkContext=SparkContext, SparkConf=SparkConf)
    target.context = context
    target.broadcast = _module("pyspark.broadcast", Broadcast=Broadcast)
    target.core = _module("pyspark.core", context=context)
    sys.modules["pyspark.core.context"] = context
    SparkContext.__module__ = "pyspark.core.context"


def _module(name: str, **members: Any) -> types.ModuleType:
    module = types.ModuleType(name)
    module.__dict__.update(members)
    sys.modules[name] = module
    return module


def _from_command_line() -> list[tuple[str, str]]:
    from mastic.engines import session

    return list((session.GLUE_DEFAULTS | session.config().conf).items())


def _app_name() -> str:
    return Path(sys.argv[0]).name if sys.argv and sys.argv[0] else "pyspark-shell"


def _local(path: str) -> Path:
    """The file itself; one in a bucket is the file in the bucket's folder, or fetched."""
    if "://" not in path or path.startswith("file:"):
        return Path(path.removeprefix("file://").removeprefix("file:"))
    scheme, _, rest = path.partition("://")
    if scheme not in ("s3", "s3a", "s3n"):
        raise ValueError(f"cannot fetch {path!r}: only s3:// and local paths are known here")
    import tempfile

    import boto3

    bucket, _, key = rest.partition("/")
    kept = Path(tempfile.mkdtemp(prefix="files-")) / Path(key).name
    boto3.client("s3").download_file(bucket, key, str(kept))
    return kept

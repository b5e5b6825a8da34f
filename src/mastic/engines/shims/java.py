"""Stand-ins for the JVM objects scripts reach for out of habit: log4j, the Hadoop configuration, the gateway."""

from __future__ import annotations

import sys
from typing import Any, NoReturn

from mastic.engines import report

LOG_LEVELS = ("trace", "debug", "info", "warn", "error", "fatal")
# Settings of Hadoop file systems change nothing here: the engines read the bucket folders or the set endpoint.
HADOOP_WITHOUT_EFFECT = ("fs.s3", "mapreduce.fileoutputcommitter", "mapred.output.committer", "parquet.", "avro.")


class NotAvailableError(NotImplementedError):
    """The script uses a part of Spark that this engine does not have."""


def not_available(what: str) -> NoReturn:
    """Fail with the way out: a classic Spark driver has RDDs and the JVM."""
    raise NotAvailableError(
        f"{what} needs a classic Spark driver, and this run's plans go through Spark Connect. It was not seen "
        "before the run started; pin one with `--mastic-engine classic`."
    )


class HadoopConfiguration:
    """`sc._jsc.hadoopConfiguration()`: remembers what is set; says so where a setting has no effect."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}

    def set(self, key: str, value: Any) -> None:
        self._values[key] = str(value)
        if not key.startswith(HADOOP_WITHOUT_EFFECT):
            report.warn(f"hadoopConfiguration().set({key!r}, ...) has no effect on this engine")

    setBoolean = setInt = setLong = setDouble = setFloat = setStrings = set

    def get(self, key: str, default: str | None = None) -> str | None:
        return self._values.get(key, default)

    def getBoolean(self, key: str, default: bool) -> bool:
        return str(self._values.get(key, default)).lower() == "true"

    def getInt(self, key: str, default: int) -> int:
        return int(self._values.get(key, default))

    def unset(self, key: str) -> None:
        self._values.pop(key, None)


class JavaSparkContext:
    """`sc._jsc`."""

    def __init__(self) -> None:
        self._hadoop = HadoopConfiguration()

    def hadoopConfiguration(self) -> HadoopConfiguration:
        return self._hadoop

    def sc(self) -> JavaSparkContext:
        return self

    def setLogLevel(self, level: str) -> None:
        return None

    def __getattr__(self, name: str) -> Any:
        _refuse_dunder(name)
        not_available(f"sc._jsc.{name}")


class Logger:
    """A log4j logger: lines go to the run's error log, as the driver's log does on Glue."""

    def __init__(self, name: str) -> None:
        self._name = name

    def setLevel(self, level: Any) -> None:
        return None

    def __getattr__(self, name: str) -> Any:
        if name not in LOG_LEVELS:
            raise AttributeError(name)
        return lambda message, *more: print(f"{name.upper()} {self._name}: {message}", file=sys.stderr)


class JavaView:
    """`sc._jvm` and the packages below it; only log4j has something behind it."""

    def __init__(self, path: str = "") -> None:
        self._path = path

    def __getattr__(self, name: str) -> Any:
        _refuse_dunder(name)
        path = f"{self._path}.{name}".lstrip(".")
        if not _LOG4J.startswith(path) and not path.startswith(_LOG4J):
            return _Unusable(path)
        return JavaView(path)

    def __call__(self, *arguments: Any) -> Any:
        if self._path.endswith((".getLogger", ".getRootLogger")):
            return Logger(str(arguments[0]) if arguments else "root")
        if self._path.endswith((".setLevel", ".toLevel")):
            return None
        not_available(f"sc._jvm.{self._path}(...)")


class _Unusable:
    """A Java package or class that is only named; using it fails with its full name."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __getattr__(self, name: str) -> _Unusable:
        _refuse_dunder(name)
        return _Unusable(f"{self._path}.{name}")

    def __call__(self, *arguments: Any) -> Any:
        not_available(f"sc._jvm.{self._path}(...)")


class Gateway:
    """`sc._gateway`: there is nothing to shut down."""

    def __init__(self, jvm: JavaView) -> None:
        self.jvm = jvm

    def shutdown_callback_server(self) -> None:
        return None

    def shutdown(self) -> None:
        return None

    def close(self, *arguments: Any, **options: Any) -> None:
        return None

    def __getattr__(self, name: str) -> Any:
        _refuse_dunder(name)
        not_available(f"sc._gateway.{name}")


_LOG4J = "org.apache.log4j"


def _refuse_dunder(name: str) -> None:
    # copy, pickle and IPython probe for these and expect AttributeError.
    if name.startswith("__"):
        raise AttributeError(name)

"""The classic driver: a real SparkContext in the Spark runtime, for scripts that use RDDs or the JVM.

The script is untouched: its own `SparkContext()` or `SparkSession.builder.getOrCreate()` finds a JVM that was started
beside the imports, with the run's settings as its defaults.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from mastic.engines import jvm, report
from mastic.engines.config import EngineConfig
from mastic.engines.spark_runtime import Runtime

START_SECONDS = 120.0
REASON = "classic Spark driver"


def activate(config: EngineConfig) -> None:
    """Start the driver's JVM and have pyspark use it, whenever the script asks."""
    driver = _Driver.start(config, Runtime(Path(sys.prefix)))
    context: Any = importlib.import_module("pyspark.core.context")  # only the full pyspark has it

    from mastic.engines import catalog_views

    connect = context.launch_gateway

    def launch_gateway(conf: Any = None, popen_kwargs: Any = None) -> Any:
        os.environ |= driver.gateway()
        return connect(conf, popen_kwargs)

    context.launch_gateway = launch_gateway
    counts = _Counts()
    counts.watch(context.SparkContext)
    report.count_with(counts.summary)
    catalog_views.install_classic()


class _Driver:
    """The JVM a classic run talks to through py4j."""

    def __init__(self, process: subprocess.Popen[bytes], connection: Path) -> None:
        self._process = process
        self._connection = connection

    @classmethod
    def start(cls, config: EngineConfig, runtime: Runtime) -> _Driver:
        folder = config.work_dir / "spark"
        folder.mkdir(parents=True, exist_ok=True)
        settings = _settings(config, folder)
        defaults = folder / "spark-defaults.conf"
        defaults.write_text("".join(f"{key} {_escaped(value)}\n" for key, value in settings.items()))
        connection = folder / "gateway"
        connection.unlink(missing_ok=True)
        os.environ |= jvm.environment(runtime, folder, {"SPARK_CONF_DIR": str(folder)})
        command = [
            str(runtime.java),
            *jvm.options(jvm.heap_mb(config.memory_mb), config.threads, config.java_options),
            *jvm.archive(runtime),
            *config.conf.get("spark.driver.extraJavaOptions", "").split(),
            f"-Djava.io.tmpdir={folder}",
            "-cp",
            jvm.classpath(runtime, _endpoint(config)),
            "org.apache.spark.deploy.SparkSubmit",
            "--properties-file",
            str(defaults),
            "pyspark-shell",
        ]
        # The gateway ends when its input does; the kernel ends it when this process is killed outright.
        environment = {**os.environ, "_PYSPARK_DRIVER_CONN_INFO_PATH": str(connection), "SPARK_CONNECT_MODE": "0"}
        process = subprocess.Popen(jvm.launched(command), stdin=subprocess.PIPE, env=environment)
        return cls(process, connection)

    def gateway(self) -> dict[str, str]:
        """Where the gateway listens, once it does. Raises RuntimeError."""
        deadline = time.monotonic() + START_SECONDS
        while not self._connection.exists():
            if self._process.poll() is not None:
                raise RuntimeError(
                    f"the Spark driver's JVM ended with code {self._process.returncode}; see the log above"
                )
            if time.monotonic() > deadline:
                raise RuntimeError(f"the Spark driver's JVM did not start within {START_SECONDS:.0f} s")
            time.sleep(0.01)
        raw = self._connection.read_bytes()
        port, length = struct.unpack(">ii", raw[:8])
        return {"PYSPARK_GATEWAY_PORT": str(port), "PYSPARK_GATEWAY_SECRET": raw[8 : 8 + length].decode()}


class _Counts:
    """How many queries and jobs the driver ran; asked for before the context stops, when it still knows."""

    def __init__(self) -> None:
        self._before = 0

    def watch(self, context: Any) -> None:
        stop = context.stop

        def counted_stop(sc: Any) -> None:
            self._before += self._of(sc)
            stop(sc)

        context.stop = counted_stop
        self._context = context

    def summary(self) -> dict[str, Any]:
        active = self._context._active_spark_context
        plans = self._before + (self._of(active) if active is not None else 0)
        return {"sail": 0, "spark": plans, "reasons": {REASON: plans} if plans else {}}

    def _of(self, sc: Any) -> int:
        jobs = 0
        with contextlib.suppress(Exception):
            jobs = int(sc._jsc.sc().statusStore().jobsList(None).size())
        return jobs


def _settings(config: EngineConfig, folder: Path) -> dict[str, str]:
    region = os.environ.get("AWS_REGION", "")
    settings = jvm.spark_settings(config.threads, config.buckets, _endpoint(config), region) | {
        "spark.master": config.master or f"local[{config.threads}]",
        "spark.app.name": Path(sys.argv[0]).name if sys.argv and sys.argv[0] else "mastic",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
    }
    # The heap is the run's capacity whatever Glue's own sizing was.
    given = {k: v for k, v in config.conf.items() if k not in ("spark.driver.memory", "spark.driver.extraJavaOptions")}
    return settings | given


def _endpoint(config: EngineConfig) -> str:
    return "" if config.buckets else os.environ.get("AWS_ENDPOINT_URL_S3", "")


def _escaped(value: str) -> str:
    # A properties file: backslashes and line ends are its syntax.
    return value.replace("\\", "\\\\").replace("\n", "\\n")

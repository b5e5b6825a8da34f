"""How a JVM of ours is started: class path, options, and the Spark settings that servers and classic drivers share."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from mastic.engines import drivers, s3a
from mastic.engines.spark_runtime import Runtime

# What Spark's own launcher opens (JavaModuleOptions); Arrow and Kryo reach into these.
OPENED = [
    f"java.base/{package}"
    for package in (
        "java.lang", "java.lang.invoke", "java.lang.reflect", "java.io", "java.net", "java.nio", "java.util",
        "java.util.concurrent", "java.util.concurrent.atomic", "jdk.internal.ref", "sun.nio.ch", "sun.nio.cs",
        "sun.security.action", "sun.util.calendar",
    )
] + ["java.security.jgss/sun.security.krb5"]  # fmt: skip

LOG_SETTINGS = Path(__file__).parent / "scala" / "log4j2.properties"

# Runs the command as its own process and has the kernel kill it with the thread that started us.
LAUNCHER = """
import ctypes, os, signal, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)
if os.getppid() != int(sys.argv[1]):
    sys.exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""


def options(heap_mb: int, threads: int, given: str = "") -> list[str]:
    """JVM options for a driver that runs `threads` tasks; those of `spark.java_options` come last and win."""
    collector = ["-XX:+UseParallelGC", f"-XX:ParallelGCThreads={threads}"] if threads > 1 else ["-XX:+UseSerialGC"]
    return [
        *(f"--add-opens={package}=ALL-UNNAMED" for package in OPENED),
        "-XX:+IgnoreUnrecognizedVMOptions",
        "-Djdk.reflect.useDirectMethodHandle=false",
        "-Dio.netty.tryReflectionSetAccessible=true",
        *collector,
        "-Xms128m",
        f"-Xmx{heap_mb}m",
        "-Xss4m",  # deep plans recurse
        "-XX:+ExitOnOutOfMemoryError",
        "-Duser.timezone=UTC",
        f"-Dlog4j2.configurationFile={LOG_SETTINGS.as_uri()}",
        *given.split(),
    ]


def archived_classpath(runtime: Runtime) -> str:
    """Spark's jars and ours. The class archive demands that every class path begins with this very text."""
    return f"{runtime.spark_home}/jars/*:{runtime.jar}"


def classpath(runtime: Runtime, endpoint: str = "") -> str:
    """The archive's, S3A's jars for an endpoint, and the folder where JDBC drivers appear when they are needed."""
    stores = [f"{s3a.folder(runtime)}/*"] if endpoint else []
    return ":".join([archived_classpath(runtime), *stores, f"{drivers.folder(runtime)}/"])


def archive(runtime: Runtime) -> list[str]:
    """Options to use the class archive; one of another Java is ignored."""
    return [f"-XX:SharedArchiveFile={runtime.archive}", "-Xlog:cds=off"] if runtime.archive.exists() else []


def heap_mb(memory_mb: int) -> int:
    """The heap of a JVM that shares `memory_mb` with Python workers and off-heap buffers."""
    return max(768, int(memory_mb * 0.6))


def spark_settings(threads: int, buckets: Path | None, endpoint: str = "", region: str = "") -> dict[str, str]:
    """Settings every JVM of ours has; objects are in bucket folders or at an S3 endpoint."""
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.default.parallelism": str(threads),
        "spark.sql.shuffle.partitions": str(2 * threads),
        "spark.sql.catalogImplementation": "in-memory",
        # Output appears by rename; version 2 would show parts of a failed job.
        "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version": "1",
        "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "true",
        "spark.hadoop.fs.file.impl": "mastic.PlainLocalFileSystem",
    }
    if endpoint:
        return settings | s3a.settings(endpoint, region)
    if buckets is not None:
        settings["spark.hadoop.fs.mastic.buckets"] = str(buckets)
        settings |= {f"spark.hadoop.fs.{scheme}.impl": "mastic.BucketFileSystem" for scheme in ("s3", "s3a", "s3n")}
        # Hadoop's default for s3a is a class of hadoop-aws, which is not here.
        factory = "org.apache.hadoop.mapreduce.lib.output.FileOutputCommitterFactory"
        settings["spark.hadoop.mapreduce.outputcommitter.factory.scheme.s3a"] = factory
    return settings


def start(command: list[str], environment: dict[str, str], folder: Path, log: Path) -> subprocess.Popen[bytes]:
    """Start `command` so that it dies with the calling thread; its output goes to `log`."""
    with log.open("ab") as output:
        return subprocess.Popen(
            launched(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )


def launched(command: list[str]) -> list[str]:
    """The command such that its process dies with the thread that starts it."""
    return [sys.executable, "-I", "-S", "-c", LAUNCHER, str(os.getpid()), *command]


def environment(runtime: Runtime, folder: Path, extra: dict[str, str]) -> dict[str, str]:
    """The environment of a JVM and of the Python workers it starts."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "USER", "SSL_CERT_FILE", "SSL_CERT_DIR", "LD_LIBRARY_PATH")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "SPARK_HOME": str(runtime.spark_home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_DIRS": str(folder),
        "PYSPARK_PYTHON": str(runtime.python),
        "PYSPARK_DRIVER_PYTHON": str(runtime.python),
        "PYTHONUTF8": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "TMPDIR": str(folder),
        **extra,
    }

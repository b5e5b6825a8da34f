"""Hadoop's S3 file system for the JVM, which Spark does not bring: fetched once, when `storage.endpoint` is set."""

from __future__ import annotations

import hashlib
from pathlib import Path

from mastic.engines import maven
from mastic.engines.spark_runtime import Progress, Runtime, RuntimeInstallError, lock

# The SDK that hadoop-aws 3.4.2 names; its parts that S3A uses are 13 MB, the bundle it asks for is 600.
SDK = "2.29.52"
SDK_PARTS = ("s3", "s3-transfer-manager", "sts", "kms")
# Spark has these, in versions of its own.
IN_SPARK = ("io.netty", "org.slf4j", "commons-codec", "commons-logging", "org.apache.httpcomponents")
ENVIRONMENT_KEYS = "software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider"


def folder(runtime: Runtime) -> Path:
    """Where the jars are, or will be once `ensure` has fetched them."""
    digest = hashlib.sha256(_wanted(runtime).encode()).hexdigest()
    return runtime.folder.parent / f"s3a-{_hadoop_version(runtime)}-{digest[:10]}"


def ensure(runtime: Runtime, progress: Progress = lambda message: None) -> Path:
    """The folder of jars, fetched first if need be. Raises RuntimeInstallError."""
    made = folder(runtime)
    if made.is_dir():
        return made
    with lock(made.parent / f".{made.name}.lock", progress):
        if not made.is_dir():
            progress("Fetching what Spark needs to read storage.endpoint (once, 13 MB) ...")
            maven.fetch(runtime, _wanted(runtime), made, "cannot fetch hadoop-aws, needed for storage.endpoint")
    return made


def settings(endpoint: str, region: str) -> dict[str, str]:
    """Spark's settings for every `s3://`, `s3a://` and `s3n://` path. The keys come from the environment."""
    hadoop = {f"fs.{scheme}.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem" for scheme in ("s3", "s3a", "s3n")} | {
        "fs.s3a.endpoint": endpoint,
        "fs.s3a.endpoint.region": region,
        "fs.s3a.path.style.access": "true",
        "fs.s3a.connection.ssl.enabled": str(not endpoint.startswith("http://")).lower(),
        "fs.s3a.aws.credentials.provider": ENVIRONMENT_KEYS,
        # Stores other than AWS may not know these.
        "fs.s3a.change.detection.mode": "none",
        "fs.s3a.create.conditional.enabled": "false",
        "fs.s3a.bucket.probe": "0",
    }
    return {f"spark.hadoop.{key}": value for key, value in hadoop.items()}


def _wanted(runtime: Runtime) -> str:
    """Ivy's description of the jars; its hash names the folder."""
    parts = [maven.Jar("software.amazon.awssdk", part, SDK) for part in SDK_PARTS]
    hadoop = maven.Jar("org.apache.hadoop", "hadoop-aws", _hadoop_version(runtime))
    return maven.description("s3a", [hadoop, *parts], ["software.amazon.awssdk:bundle", *IN_SPARK])


def _hadoop_version(runtime: Runtime) -> str:
    found = next((runtime.spark_home / "jars").glob("hadoop-client-api-*.jar"), None)
    if found is None:
        raise RuntimeInstallError(f"{runtime.spark_home} has no Hadoop client; remove {runtime.folder}")
    return found.stem.removeprefix("hadoop-client-api-")

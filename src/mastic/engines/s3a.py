"""Hadoop's S3 file system for the JVM, which Spark does not bring: fetched once, when `storage.endpoint` is set.

Ivy, which Spark ships for `spark.jars.packages`, resolves it; so this needs Java and Maven Central, nothing else.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path
from xml.sax.saxutils import quoteattr

from mastic.engines.spark_runtime import Progress, Runtime, RuntimeInstallError, lock

# The SDK that hadoop-aws 3.4.2 names; its parts that S3A uses are 13 MB, the bundle it asks for is 600.
SDK = "2.29.52"
SDK_PARTS = ("s3", "s3-transfer-manager", "sts", "kms")
# Spark has these, in versions of its own.
IN_SPARK = ("io.netty", "org.slf4j", "commons-codec", "commons-logging", "org.apache.httpcomponents")
ENVIRONMENT_KEYS = "software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider"
RESOLVE_SECONDS = 600.0


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
            _fetch(runtime, made)
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


def _fetch(runtime: Runtime, made: Path) -> None:
    aside = made.with_name(f".{made.name}.fetching")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    wanted = aside / "ivy.xml"
    wanted.write_text(_wanted(runtime))
    ivy = next((runtime.spark_home / "jars").glob("ivy-*.jar"))
    command = [
        *(str(runtime.java), "-cp", str(ivy), "org.apache.ivy.Main", "-error"),
        *("-ivy", str(wanted), "-cache", str(aside / "cache"), "-confs", "default"),
        *("-retrieve", str(aside / "jars" / "[artifact]-[revision].[ext]")),
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=RESOLVE_SECONDS)
        if done.returncode != 0 or not list((aside / "jars").glob("hadoop-aws-*.jar")):
            said = (done.stderr + done.stdout).strip()[-2000:]
            raise RuntimeInstallError(f"cannot fetch hadoop-aws, which Spark needs to read storage.endpoint:\n{said}")
        (aside / "jars").rename(made)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RuntimeInstallError(f"cannot fetch hadoop-aws, needed for storage.endpoint: {error}") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _wanted(runtime: Runtime) -> str:
    """Ivy's description of the jars; its hash names the folder."""
    parts = "".join(_dependency("software.amazon.awssdk", part, SDK) for part in SDK_PARTS)
    return (
        '<ivy-module version="2.0"><info organisation="mastic" module="s3a"/>'
        '<configurations><conf name="default"/></configurations>'
        '<dependencies defaultconfmapping="default->default">'
        f"{_dependency('org.apache.hadoop', 'hadoop-aws', _hadoop_version(runtime))}{parts}"
        '<exclude org="software.amazon.awssdk" module="bundle"/>'
        f"{''.join(f'<exclude org={quoteattr(name)}/>' for name in IN_SPARK)}"
        "</dependencies></ivy-module>\n"
    )


def _dependency(organisation: str, name: str, revision: str) -> str:
    return f"<dependency org={quoteattr(organisation)} name={quoteattr(name)} rev={quoteattr(revision)}/>"


def _hadoop_version(runtime: Runtime) -> str:
    found = next((runtime.spark_home / "jars").glob("hadoop-client-api-*.jar"), None)
    if found is None:
        raise RuntimeInstallError(f"{runtime.spark_home} has no Hadoop client; remove {runtime.folder}")
    return found.stem.removeprefix("hadoop-client-api-")

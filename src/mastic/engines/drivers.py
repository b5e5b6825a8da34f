"""The JDBC drivers of AWS Glue, which Spark does not bring: fetched from Maven Central when a run first uses JDBC.

They are unpacked into a folder that every JVM of ours has at the end of its class path from the start. The JVM looks
into folders when it needs a class, so one that is already running, such as the warm spare, finds them too.
"""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import Path

from mastic.engines import maven
from mastic.engines.spark_runtime import Progress, Runtime, lock

JARS = (
    maven.Jar("org.postgresql", "postgresql", "42.7.7", alone=True),
    maven.Jar("org.mariadb.jdbc", "mariadb-java-client", "3.5.3", alone=True),
    maven.Jar("com.mysql", "mysql-connector-j", "9.3.0", alone=True),
)
# Which driver a URL is for, where a script does not say.
CLASSES = {
    "jdbc:postgresql:": "org.postgresql.Driver",
    "jdbc:mariadb:": "org.mariadb.jdbc.Driver",
    "jdbc:mysql:": "com.mysql.cj.jdbc.Driver",
}
_SERVICES = "META-INF/services/java.sql.Driver"


def folder(runtime: Runtime) -> Path:
    """The folder of classes, empty until `ensure` has filled it. Made here: a class path must name what exists."""
    digest = hashlib.sha256(_wanted().encode()).hexdigest()
    made = runtime.folder.parent / f"jdbc-{digest[:10]}" / "classes"
    made.mkdir(parents=True, exist_ok=True)
    return made


def ensure(runtime: Runtime, progress: Progress = lambda message: None) -> None:
    """Fetch and unpack the drivers unless that has been done. Raises RuntimeInstallError."""
    classes = folder(runtime)
    done = classes.parent / "complete"
    if done.exists():
        return
    with lock(classes.parent / ".lock", progress):
        if done.exists():
            return
        progress("Fetching the JDBC drivers of PostgreSQL, MariaDB and MySQL (once, 5 MB) ...")
        jars = classes.parent / "jars"
        shutil.rmtree(jars, ignore_errors=True)
        maven.fetch(
            runtime, _wanted(), jars,
            "cannot fetch the JDBC drivers from Maven Central; a driver can also be given by --extra-jars",
        )  # fmt: skip
        _unpack(sorted(jars.glob("*.jar")), classes)
        done.touch()


def class_for(url: str) -> str | None:
    """The driver of a JDBC URL; None for a database whose driver is not among ours."""
    return next((name for prefix, name in CLASSES.items() if url.lower().startswith(prefix)), None)


def _unpack(jars: list[Path], classes: Path) -> None:
    services: list[str] = []
    for jar in jars:
        with zipfile.ZipFile(jar) as held:
            services += held.read(_SERVICES).decode().split()
            held.extractall(classes, [name for name in held.namelist() if name != "META-INF/MANIFEST.MF"])
    (classes / _SERVICES).write_text("".join(f"{name}\n" for name in services))


def _wanted() -> str:
    return maven.description("jdbc", JARS)

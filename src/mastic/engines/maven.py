"""Jars from Maven Central, fetched once by Ivy, which Spark ships for `spark.jars.packages`."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import quoteattr

from mastic.engines.spark_runtime import Runtime, RuntimeInstallError

RESOLVE_SECONDS = 600.0


@dataclass(frozen=True)
class Jar:
    """One artifact and, unless `alone`, what it depends on."""

    organisation: str
    name: str
    revision: str
    alone: bool = False

    def ivy(self) -> str:
        """Ivy's description of it."""
        more = ' transitive="false"' if self.alone else ""
        return (
            f"<dependency org={quoteattr(self.organisation)} name={quoteattr(self.name)} "
            f"rev={quoteattr(self.revision)}{more}/>"
        )


def description(module: str, jars: Iterable[Jar], excluded: Iterable[str] = ()) -> str:
    """Ivy's description of what a module needs. `excluded`: whole organisations, or `organisation:module`."""
    left_out = "".join(f"<exclude {_excluded(each)}/>" for each in excluded)
    return (
        f'<ivy-module version="2.0"><info organisation="mastic" module={quoteattr(module)}/>'
        '<configurations><conf name="default"/></configurations>'
        '<dependencies defaultconfmapping="default->default">'
        f"{''.join(jar.ivy() for jar in jars)}{left_out}</dependencies></ivy-module>\n"
    )


def fetch(runtime: Runtime, wanted: str, made: Path, what: str) -> None:
    """Put the jars of a description into the new folder `made`. Raises RuntimeInstallError that begins with `what`."""
    aside = made.with_name(f".{made.name}.fetching")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    described = aside / "ivy.xml"
    described.write_text(wanted)
    ivy = next((runtime.spark_home / "jars").glob("ivy-*.jar"))
    command = [
        *(str(runtime.java), "-cp", str(ivy), "org.apache.ivy.Main", "-error"),
        *("-ivy", str(described), "-cache", str(aside / "cache"), "-confs", "default"),
        *("-retrieve", str(aside / "jars" / "[artifact]-[revision].[ext]")),
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=RESOLVE_SECONDS)
        if done.returncode != 0 or not list((aside / "jars").glob("*.jar")):
            said = (done.stderr + done.stdout).strip()[-2000:]
            raise RuntimeInstallError(f"{what}:\n{said}")
        (aside / "jars").rename(made)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RuntimeInstallError(f"{what}: {error}") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _excluded(name: str) -> str:
    organisation, _, module = name.partition(":")
    return f"org={quoteattr(organisation)}" + (f" module={quoteattr(module)}" if module else "")

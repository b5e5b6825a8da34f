"""`mastic doctor`: checks this machine and says how to fix what is wrong."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import click

from mastic.cli.options import home_options, json_option, settings_for
from mastic.cli.output import print_json
from mastic.settings import Settings

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Check:
    """One finding: what was looked at, how it is, and what to do about it."""

    name: str
    state: State
    found: str
    fix: str = ""


@click.command()
@home_options
@json_option
def doctor(home: Path | None, port: int | None, as_json: bool) -> None:
    """Check this machine and say how to fix what is wrong. Exits 1 when something must be fixed.

    \b
    Examples:
      mastic doctor
      mastic doctor --json
    """
    settings = settings_for(home, port)
    checks = [check(settings) for check in CHECKS]
    if as_json:
        print_json([asdict(check) for check in checks])
    else:
        for check in checks:
            _print(check)
    sys.exit(1 if any(check.state == "fail" for check in checks) else 0)


def python(_: Settings) -> Check:
    return Check("python", "ok", f"{sys.version.split()[0]} in {sys.prefix}")


def home_folder(settings: Settings) -> Check:
    parent = next(p for p in (settings.home, *settings.home.parents) if p.exists())
    free_gb = shutil.disk_usage(parent).free / 1e9
    found = f"{settings.home}, {free_gb:.0f} GB free"
    if free_gb < 2:
        return Check(
            "home", "warn", found, f"free some space, or use another disk: --home or MASTIC_HOME (on {parent})"
        )
    return Check("home", "ok", found)


def sail(_: Settings) -> Check:
    try:
        import pysail
        import pyspark.version
    except ImportError as error:
        return Check("sail", "fail", str(error), "pip install --force-reinstall mastic")
    return Check("sail", "ok", f"pysail {pysail.__version__}, pyspark-client {pyspark.version.__version__}")


def java(_: Settings) -> Check:
    from mastic.engines.spark_runtime import find_java

    found = find_java()
    if found is None:
        return Check("java", "warn", "none", "nothing to do: the Spark runtime brings its own when it is installed")
    return Check("java", "ok", str(found))


def spark(settings: Settings) -> Check:
    from mastic.engines.spark_runtime import find

    runtime = find(settings)
    if runtime is None:
        return Check(
            "spark", "warn", "no runtime yet; plans not proven on Sail need it", "mastic runtime install spark"
        )
    return Check("spark", "ok", f"Spark {settings.spark_version} in {runtime.folder}")


def database(settings: Settings) -> Check:
    from sqlalchemy import text
    from sqlalchemy.exc import SQLAlchemyError

    from mastic.store.database import Store

    if not settings.database_url:
        return Check("database", "ok", "SQLite in the home folder")
    store = Store(settings.url)
    try:
        with store.read() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        reason = str(error.__cause__ or error).splitlines()[0]
        return Check("database", "fail", reason, "check database.url and that the server is up")
    finally:
        store.close()
    return Check("database", "ok", settings.database_url.split("@")[-1])


def running_server(settings: Settings) -> Check:
    from mastic.installation import find_running

    running = find_running(settings)
    if running:
        return Check("server", "ok", f"running at {running.endpoint} (pid {running.pid})")
    taken = _port_taken(settings)
    if taken:
        fix = f"another program has port {settings.port}: `mastic up --port N`, or port in mastic.toml"
        return Check("server", "fail", f"not running, and port {settings.port} is taken", fix)
    return Check("server", "warn", "not running", "mastic up")


CHECKS: list[Callable[[Settings], Check]] = [python, home_folder, database, sail, java, spark, running_server]


def _port_taken(settings: Settings) -> bool:
    import socket

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError:
            return True
    return False


def _print(check: Check) -> None:
    mark, colour = {"ok": ("✓", "green"), "warn": ("!", "yellow"), "fail": ("✗", "red")}[check.state]
    click.echo(f"{click.style(mark, fg=colour)} {check.name:<10}{check.found}")
    if check.fix:
        click.echo(f"  {'':<10}→ {check.fix}")

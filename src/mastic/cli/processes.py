"""`mastic up`, `mastic server`, `mastic worker`: the long-running commands."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from types import FrameType
from typing import Any

import click

from mastic.cli.errors import CommandError
from mastic.cli.options import home_options, settings_for
from mastic.settings import Settings, SettingsError


@click.command()
@home_options
@click.option("--host", help="Address to bind (default 127.0.0.1).")
def up(home: Path | None, port: int | None, host: str | None) -> None:
    """Start the server and a worker, and keep both running until Ctrl-C.

    \b
    Examples:
      mastic up
      mastic up --home ./glue --port 4600
    """
    from mastic.installation import Installation, StartError, find_running, starting

    settings = settings_for(home, port, host=host)
    installation = Installation(settings)
    on_termination(installation.stop)
    try:
        with starting(settings):
            running = find_running(settings)
            if running:
                raise CommandError(
                    f"a Mastic already runs for {settings.home} at {running.endpoint} (pid {running.pid}); "
                    "use it, stop it there with Ctrl-C, or start another with --home"
                )
            installation.start()
    except (StartError, SettingsError) as error:
        raise CommandError(str(error)) from error
    click.echo(f"Mastic is up at {installation.endpoint}, home {settings.home}")
    click.echo(f'Point AWS tools here:  eval "$(mastic env --home {settings.home})"')
    click.echo("Ctrl-C stops it.")
    installation.watch()


@click.command()
@home_options
@click.option("--host", help="Address to bind (default 127.0.0.1).")
def server(home: Path | None, port: int | None, host: str | None) -> None:
    """Start only the server: the AWS API and the doors, on one port.

    \b
    Examples:
      mastic server
      MASTIC_AUTH=sigv4 mastic server --host 0.0.0.0
    """
    from mastic.server import serve

    settings = settings_for(home, port, host=host)
    try:
        settings.check()
        serve(settings)
    except SettingsError as error:
        raise CommandError(str(error)) from error


@click.command()
@home_options
@click.option("--server", "server_url", help="URL of the server (default: the one of this home).")
def worker(home: Path | None, port: int | None, server_url: str | None) -> None:
    """Start only a worker: it claims runs from a server and executes them here.

    \b
    Examples:
      mastic worker
      mastic worker --server http://glue.internal:4590
    """
    from mastic.worker.main import run

    settings = settings_for(home, port)
    stop = threading.Event()
    on_termination(stop.set)
    url = server_url or wait_for_server(settings, stop)
    if url:
        run(settings, url, stop)


def wait_for_server(settings: Settings, stop: threading.Event) -> str | None:
    """The endpoint of this home's server, as soon as it answers; None when asked to stop before."""
    from mastic.installation import find_running

    while not stop.wait(0.02):
        running = find_running(settings)
        if running:
            return running.endpoint
    return None


def on_termination(action: Any) -> None:
    """Call `action` once when this process is asked to end (SIGTERM or Ctrl-C)."""

    def handler(_signal: int, _frame: FrameType | None) -> None:
        action()

    signal.signal(signal.SIGTERM, handler)
    signal.signal(signal.SIGINT, handler)

"""`mastic logs`: what a run printed."""

from __future__ import annotations

from pathlib import Path

import click

from mastic.cli.client import connect
from mastic.cli.follow import follow, print_stream, streams_of
from mastic.cli.jobs import run_named
from mastic.cli.options import home_options, settings_for


@click.command()
@click.argument("job_or_run")
@home_options
@click.option("-f", "--follow", "following", is_flag=True, help="Go on printing until the run ends.")
def logs(job_or_run: str, home: Path | None, port: int | None, following: bool) -> None:
    """Print the log of RUN, or of the newest run of JOB: output to stdout, errors to stderr.

    \b
    Examples:
      mastic logs nightly
      mastic logs nightly -f
      mastic logs jr_2f6c... 2>errors.txt
    """
    client = connect(settings_for(home, port))
    _, run_id = run_named(client, job_or_run)
    streams = streams_of(client, run_id)
    if following:
        follow(client, run_id, streams)
        return
    for stream in streams:
        print_stream(client, stream)

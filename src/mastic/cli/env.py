"""`mastic env`: the exports that point AWS tools here."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path

import click

from mastic.cli.options import home_options, settings_for


@click.command()
@home_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of exports.")
def env(home: Path | None, port: int | None, as_json: bool) -> None:
    """Print the exports that point AWS tools at this Mastic.

    \b
    Examples:
      eval "$(mastic env)"
      aws glue get-jobs
      aws logs tail /aws-glue/jobs/output --follow
    """
    from mastic.installation import find_running

    settings = settings_for(home, port)
    running = find_running(settings)
    values = {
        "AWS_ENDPOINT_URL": running.endpoint if running else settings.endpoint,
        "AWS_REGION": settings.region,
        "AWS_DEFAULT_REGION": settings.region,
    }
    if settings.auth == "open" and not os.environ.get("AWS_ACCESS_KEY_ID"):
        values |= {"AWS_ACCESS_KEY_ID": "mastic", "AWS_SECRET_ACCESS_KEY": "mastic"}
    values |= settings.store_environment
    if as_json:
        click.echo(json.dumps(values, indent=2))
        return
    for name, value in values.items():
        click.echo(f"export {name}={shlex.quote(value)}")

"""`mastic runtime`: the environments runs execute in."""

from __future__ import annotations

from pathlib import Path

import click

from mastic.cli.errors import CommandError
from mastic.cli.options import home_options, json_option, settings_for
from mastic.cli.output import print_json, print_table


@click.group()
def runtime() -> None:
    """Install and list runtimes: immutable environments, built once and shared by runs."""


@runtime.command()
@home_options
@click.argument("name", type=click.Choice(["spark"]))
def install(name: str, home: Path | None, port: int | None) -> None:
    """Install the Spark runtime (about 500 MB; brings a JRE where the machine has no Java 17).

    \b
    Example:
      mastic runtime install spark
    """
    from mastic.engines import s3a, spark_runtime

    settings = settings_for(home, port)
    try:
        built = spark_runtime.ensure(settings, progress=click.echo)
        if settings.storage_endpoint:
            s3a.ensure(built, progress=click.echo)
    except spark_runtime.RuntimeInstallError as error:
        raise CommandError(str(error)) from error
    click.echo(f"Spark {settings.spark_version} is ready in {built.folder}")


@runtime.command("list")
@home_options
@json_option
def list_runtimes(home: Path | None, port: int | None, as_json: bool) -> None:
    """List installed runtimes."""
    folder = settings_for(home, port).runtimes
    found = sorted(p for p in folder.glob("*") if p.is_dir() and not p.name.startswith("."))
    if as_json:
        print_json([str(p) for p in found])
        return
    print_table(["runtime", "folder"], [[p.name, str(p)] for p in found])

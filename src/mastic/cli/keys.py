"""`mastic keys`: access keys for auth = "sigv4". Works on the home's database, server running or not."""

from __future__ import annotations

from pathlib import Path

import click

from mastic.app import App
from mastic.cli.errors import CommandError
from mastic.cli.options import home_options, json_option, settings_for
from mastic.cli.output import moment, print_json, print_table
from mastic.protocol.errors import AwsError
from mastic.security.keys import AccessKeys


@click.group()
def keys() -> None:
    """Create, list and delete access keys, which callers sign with when auth = "sigv4"."""


@keys.command()
@home_options
@json_option
@click.option("--description", default="", help="Who or what this key is for.")
def create(home: Path | None, port: int | None, as_json: bool, description: str) -> None:
    """Create a key. Its secret is shown once, now, and never again.

    \b
    Examples:
      mastic keys create --description ci
      eval "$(mastic keys create)"
    """
    key = AccessKeys(App(settings_for(home, port))).create(description)
    if as_json:
        print_json({"AccessKeyId": key.access_key_id, "SecretAccessKey": key.secret_access_key})
        return
    click.echo(f"export AWS_ACCESS_KEY_ID={key.access_key_id}")
    click.echo(f"export AWS_SECRET_ACCESS_KEY={key.secret_access_key}")


@keys.command("list")
@home_options
@json_option
def list_keys(home: Path | None, port: int | None, as_json: bool) -> None:
    """List the keys made with `mastic keys create`."""
    found = AccessKeys(App(settings_for(home, port))).list()
    if as_json:
        print_json([{"AccessKeyId": k.access_key_id, "Description": k.description} for k in found])
        return
    rows = [[k.access_key_id, k.description, moment(k.created_on.timestamp())] for k in found]
    print_table(["key", "description", "created"], rows)


@keys.command()
@home_options
@click.argument("access_key_id")
def delete(access_key_id: str, home: Path | None, port: int | None) -> None:
    """Delete a key; requests signed with it are refused from now on.

    \b
    Example:
      mastic keys delete AKIA...
    """
    try:
        AccessKeys(App(settings_for(home, port))).delete(access_key_id)
    except AwsError as error:
        raise CommandError(error.message) from error
    click.echo(f"deleted {access_key_id}")

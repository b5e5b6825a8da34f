"""`mastic completion`: shell completion."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from mastic.cli.errors import CommandError


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script for SHELL.

    \b
    Examples:
      mastic completion bash >> ~/.bashrc
      mastic completion zsh >> ~/.zshrc
      mastic completion fish > ~/.config/fish/completions/mastic.fish
    """
    from mastic.cli.main import cli

    kind = get_completion_class(shell)
    if kind is None:
        raise CommandError(f"no completion for {shell}")
    click.echo(kind(cli, {}, "mastic", "_MASTIC_COMPLETE").source())

"""`mastic`: the command line. Commands load on use, so that `mastic --help` stays under 150 ms."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from mastic import __version__

# name: (module:function, one-line help). The help stands here so that listing commands imports none of them.
COMMANDS: dict[str, tuple[str, str]] = {
    "up": ("mastic.cli.processes:up", "Start the server and a worker, and keep both running."),
    "server": ("mastic.cli.processes:server", "Start only the server: the AWS API and the doors on one port."),
    "worker": ("mastic.cli.processes:worker", "Start only a worker, which runs jobs for a server."),
    "demo": ("mastic.cli.demo:demo", "Run a real Glue pipeline on real flight data, start to finish."),
    "run": ("mastic.cli.run:run", "Run one script now, without a job definition."),
    "jobs": ("mastic.cli.jobs:jobs", "List jobs and how each last went."),
    "runs": ("mastic.cli.jobs:runs", "List the runs of a job, or show one run in full."),
    "logs": ("mastic.cli.logs:logs", "Print or follow the log of a run, or of a job's newest run."),
    "stop": ("mastic.cli.jobs:stop", "Stop a run, or every running run of a job."),
    "env": ("mastic.cli.env:env", "Print the exports that point AWS tools at this Mastic."),
    "keys": ("mastic.cli.keys:keys", "Create, list and delete access keys (auth = sigv4)."),
    "runtime": ("mastic.cli.runtime:runtime", "Install and list runtimes, such as Spark."),
    "doctor": ("mastic.cli.doctor:doctor", "Check this machine and say how to fix what is wrong."),
    "completion": ("mastic.cli.completion:completion", "Print the shell completion script for bash, zsh or fish."),
}

EPILOG = """\b
Examples:
  mastic up                                    start Mastic on http://127.0.0.1:4590
  eval "$(mastic env)"                         point boto3, the AWS CLI and Terraform at it
  mastic run etl.py --day 2026-01-31           run a Glue script, print its output
  mastic logs nightly -f                       follow the newest run of job "nightly"
  mastic demo                                  see a whole pipeline work
"""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name][0].split(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, 1)
            ctx.fail(f"No such command {args[0]!r}." + (f" Did you mean {near[0]!r}?" if near else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write("\n" + EPILOG.replace("\b\n", "") + "\n")


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mastic")
def cli() -> None:
    """Mastic: an open, self-hosted AWS Glue. Same API, same scripts, on your machine."""


def main(arguments: list[str] | None = None) -> Any:
    """Entry point. User errors print one line and exit 1; nothing prints a traceback unless it is our bug."""
    from mastic.cli.errors import CommandError

    try:
        return cli.main(arguments, prog_name="mastic", standalone_mode=True)
    except CommandError as error:
        click.echo(f"mastic: {error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of a pipe went away (`mastic logs | head`): not an error
        sys.exit(0)


if __name__ == "__main__":
    main()

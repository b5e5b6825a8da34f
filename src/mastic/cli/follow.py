"""Following a run: its output as it is written, until it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import click

from mastic.cli.client import ApiError, Client

FINAL_STATES = frozenset({"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR", "EXPIRED"})
WAIT_SECONDS = 10
Print = Callable[[str], None]


@dataclass(frozen=True)
class Stream:
    """One log stream and where its lines go."""

    group: str
    name: str
    print: Print


def to_stdout(line: str) -> None:
    """Print one line of the run's output."""
    click.echo(line)


def to_stderr(line: str) -> None:
    """Print one line of the run's error log."""
    click.echo(line, err=True)


def streams_of(client: Client, run_id: str, out: Print = to_stdout, err: Print = to_stderr) -> list[Stream]:
    """The output and error streams of a run, as its details name them."""
    details = client.own("GET", f"/runs/{run_id}")
    groups, name = details["log_groups"], details["log_stream"]
    return [Stream(groups["output"], name, out), Stream(groups["error"], name, err)]


def follow(client: Client, run_id: str, streams: list[Stream]) -> dict[str, Any]:
    """Print the streams as they grow until the run has ended; return the run's details."""
    ended = threading.Event()
    threads = [
        threading.Thread(target=_follow_stream, args=(Client(client.endpoint, client.region), s, ended), daemon=True)
        for s in streams
    ]
    for thread in threads:
        thread.start()
    details = wait_until_final(client, run_id)
    ended.set()
    for thread in threads:
        thread.join(10)
    return details


def wait_until_final(client: Client, run_id: str) -> dict[str, Any]:
    """A run's details once it has ended, as soon as it has."""
    while True:
        details = client.own("GET", f"/runs/{run_id}?wait_seconds={WAIT_SECONDS}")
        if details["state"] in FINAL_STATES:
            return details


def print_stream(client: Client, stream: Stream) -> None:
    """Print everything a stream holds now."""
    ended = threading.Event()
    ended.set()
    _follow_stream(client, stream, ended)


def _follow_stream(client: Client, stream: Stream, ended: threading.Event) -> None:
    cursor = 0
    while True:
        last_round = ended.is_set()
        page = _tail(client, stream, cursor, wait_seconds=0 if last_round else 2)
        for event in page["events"]:
            stream.print(event["message"])
        cursor = page["next"]
        if last_round and not page["events"]:
            return


def _tail(client: Client, stream: Stream, cursor: int, wait_seconds: int) -> dict[str, Any]:
    query = urlencode({"group": stream.group, "stream": stream.name, "after": cursor, "wait_seconds": wait_seconds})
    try:
        return client.own("GET", f"/logs/tail?{query}")
    except ApiError as error:
        if error.code != "ResourceNotFoundException":
            raise
        return {"events": [], "next": cursor}  # nothing printed yet: the server has waited for the stream

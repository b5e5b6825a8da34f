"""GetJob and GetTable over HTTP, at 1 and 8 clients, beside moto_server in the same run; then idle memory.

Clients are processes that keep one connection open and write raw requests, so that what is timed is the server; a
second table times boto3, which most of the time waits for itself. Both servers hold the same 200 jobs and tables.
`--pids 123,456` adds the idle memory of other processes, such as a worker and its zygote.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from benchmarks.report import machine, percentile, table, verdict

SECONDS = 4.0
ENTRIES = 200
CALLS: dict[str, Callable[[int], dict[str, Any]]] = {
    "GetJob": lambda n: {"JobName": f"job-{n % ENTRIES}"},
    "GetTable": lambda n: {"DatabaseName": "bench", "Name": f"table-{n % ENTRIES}"},
}
CREDENTIALS = {"aws_access_key_id": "bench", "aws_secret_access_key": "bench", "region_name": "us-east-1"}
P50_MS, TIMES_MOTO = 3.0, 2.0


def main() -> None:
    """Print the tables."""
    arguments = _arguments()
    print(f"{machine()}; {arguments.seconds:g} s per cell")
    with mastic() as (ours, our_pid), moto() as (theirs, moto_pid):
        for endpoint in (ours, theirs):
            fill(endpoint)
        time.sleep(2)
        idle = {"mastic server": resident_mb(our_pid), "moto_server": resident_mb(moto_pid)}
        idle |= {f"pid {pid}": resident_mb(pid) for pid in arguments.pids}
        compare("Raw HTTP, kept connections", raw_client, ours, theirs, arguments.seconds, goals=True)
        compare("boto3, whose own work is most of it", boto3_client, ours, theirs, arguments.seconds)
    table("Idle memory (resident)", ("process", "MB"), [(name, f"{mb:.0f}") for name, mb in idle.items()])


def compare(
    title: str, worker: Callable[..., None], ours: str, theirs: str, seconds: float, *, goals: bool = False
) -> None:
    """One table: every operation and number of clients, both servers."""
    rows = []
    for operation in CALLS:
        for clients in (1, 8):
            mine, other = (measure(worker, url, operation, clients, seconds) for url in (ours, theirs))
            rate, other_rate = len(mine) / seconds, len(other) / seconds
            p50 = percentile(mine, 0.5) * 1000
            fast_enough = f" {verdict(p50, P50_MS, at_most=True)}" if goals and clients == 1 else ""
            enough_more = f" {verdict(rate / other_rate, TIMES_MOTO, at_most=False)}" if goals else ""
            rows.append(
                (
                    operation,
                    clients,
                    f"{p50:.2f}{fast_enough}",
                    f"{percentile(mine, 0.99) * 1000:.2f}",
                    f"{rate:.0f}",
                    f"{percentile(other, 0.5) * 1000:.2f}",
                    f"{percentile(other, 0.99) * 1000:.2f}",
                    f"{other_rate:.0f}",
                    f"{rate / other_rate:.1f}x{enough_more}",
                )
            )
    columns = (
        "operation", "clients", "p50 ms", "p99 ms", "req/s", "moto p50 ms", "moto p99 ms", "moto req/s", "ratio"
    )  # fmt: skip
    table(title, columns, rows)


def measure(worker: Callable[..., None], endpoint: str, operation: str, clients: int, seconds: float) -> list[float]:
    """The seconds each request took, of `clients` processes that call without a pause."""
    context = multiprocessing.get_context("fork")
    results: multiprocessing.Queue[list[float]] = context.Queue()
    barrier = context.Barrier(clients)
    processes = [
        context.Process(target=worker, args=(endpoint, operation, number, seconds, barrier, results))
        for number in range(clients)
    ]
    for process in processes:
        process.start()
    times = [one for _ in processes for one in results.get()]
    for process in processes:
        process.join()
    return times


def raw_client(endpoint: str, operation: str, number: int, seconds: float, barrier: Any, results: Any) -> None:
    """A client that does as little as it can itself."""
    connection = http.client.HTTPConnection(endpoint.removeprefix("http://"))
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": f"AWSGlue.{operation}",
        "Authorization": "AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/glue/aws4_request, "
        "SignedHeaders=host, Signature=0",
    }

    def call(turn: int) -> None:
        connection.request("POST", "/", json.dumps(CALLS[operation](turn)), headers)
        response = connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise RuntimeError(body)

    _clock(call, number, seconds, barrier, results)


def boto3_client(endpoint: str, operation: str, number: int, seconds: float, barrier: Any, results: Any) -> None:
    """A client as people have it."""
    client = glue(endpoint)
    method = {"GetJob": client.get_job, "GetTable": client.get_table}[operation]
    _clock(lambda turn: method(**CALLS[operation](turn)), number, seconds, barrier, results)


def _clock(call: Callable[[int], Any], number: int, seconds: float, barrier: Any, results: Any) -> None:
    for turn in range(20):
        call(turn)
    barrier.wait()
    times, turn, end = [], number * 1000, time.perf_counter() + seconds
    while (started := time.perf_counter()) < end:
        call(turn)
        times.append(time.perf_counter() - started)
        turn += 1
    results.put(times)


def fill(endpoint: str) -> None:
    """The same jobs and tables on either server."""
    client = glue(endpoint)
    columns = [{"Name": f"column_{n}", "Type": "string"} for n in range(20)]
    client.create_database(DatabaseInput={"Name": "bench"})
    for n in range(ENTRIES):
        client.create_job(
            Name=f"job-{n}",
            Role="arn:aws:iam::123456789012:role/bench",
            Command={"Name": "glueetl", "ScriptLocation": "s3://bench/script.py", "PythonVersion": "3"},
            GlueVersion="4.0",
            DefaultArguments={f"--argument-{i}": "value" for i in range(8)},
        )
        storage = {"Columns": columns, "Location": f"s3://bench/table-{n}/"}
        client.create_table(DatabaseName="bench", TableInput={"Name": f"table-{n}", "StorageDescriptor": storage})


def glue(endpoint: str) -> Any:
    """A boto3 client for a server here."""
    return boto3.client("glue", endpoint_url=endpoint, config=Config(retries={"total_max_attempts": 1}), **CREDENTIALS)


@contextmanager
def mastic() -> Iterator[tuple[str, int]]:
    """A Mastic server in a process of its own."""
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-m", "mastic.cli.main", "server", "--home", home, "--port", "0"]
        with _process(command) as pid:
            ready = Path(home) / "server.json"
            _wait(ready.exists)
            yield json.loads(ready.read_text())["endpoint"], pid


@contextmanager
def moto() -> Iterator[tuple[str, int]]:
    """moto_server as its documentation starts it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with _process([str(Path(sys.executable).parent / "moto_server"), "-H", "127.0.0.1", "-p", str(port)]) as pid:
        _wait(lambda: _listens(port))
        yield f"http://127.0.0.1:{port}", pid


@contextmanager
def _process(command: list[str]) -> Iterator[int]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(20)


def _wait(ready: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError("the server did not start")
        time.sleep(0.02)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def resident_mb(pid: int) -> float:
    """Resident memory of one process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--pids", type=lambda text: [int(pid) for pid in text.split(",")], default=[])
    return parser.parse_args()


if __name__ == "__main__":
    main()

"""Kill -9 of the child, the zygote, the worker and the server at random moments; then the books must balance.

    python -m chaos.kill --rounds 40 --seed 7

A round starts runs of several kinds, kills one process some milliseconds later, brings back what a supervisor would,
and waits for every run to end. Each execution of a script leaves an object of its own, so that what happened can be
compared with what is on record.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from live import FINAL, Live, kill, wait_for

# Appends one line per execution to a file no other process writes, first and last thing.
SCRIPT = """
import os, sys, time, uuid
run, kind = os.environ['MASTIC_JOB_RUN_ID'], sys.argv[sys.argv.index('--kind') + 1]
folder = sys.argv[sys.argv.index('--folder') + 1]
def leave(what):
    with open(f'{folder}/{run}', 'a') as file:
        file.write(what + '\\n')
leave('began')
for n in range(5):
    print(run, n, flush=True)
    time.sleep(0.06)
leave('ended')
if kind == 'fails':
    raise RuntimeError('as it should')
"""
VICTIMS = ("child", "zygote", "worker", "server")
KINDS = ("succeeds", "fails", "retries")


@dataclass(frozen=True)
class Started:
    """One run asked for."""

    job: str
    run_id: str
    kind: str


class Chaos:
    """Rounds of killing on one live Mastic."""

    def __init__(self, live: Live, folder: Path, random_: random.Random) -> None:
        self.live = live
        self.folder = folder
        self.random = random_
        self.ends: Counter[str] = Counter()
        folder.mkdir(parents=True, exist_ok=True)
        self.jobs = {
            kind: live.create_job(
                SCRIPT, MaxRetries=int(kind == "retries"), ExecutionProperty={"MaxConcurrentRuns": 20},
                DefaultArguments={"--kind": kind, "--folder": str(folder)},
            )
            for kind in KINDS
        }  # fmt: skip

    def round(self, victim: str, delay_seconds: float) -> None:
        """Start runs, one after the other so that they are at different points, kill `victim`, check every run."""
        runs = []
        for kind in KINDS * 2:
            runs.append(Started(self.jobs[kind], self._start(kind), kind))
            time.sleep(self.random.uniform(0, 0.1))
        time.sleep(delay_seconds)
        self._kill(victim)
        for started in runs:
            for attempt in self._attempts(started):
                self._check(started, attempt, victim)

    def _start(self, kind: str) -> str:
        return str(self.live.glue.start_job_run(JobName=self.jobs[kind])["JobRunId"])

    def _kill(self, victim: str) -> None:
        live = self.live
        if victim == "server":
            assert live.server
            live.server.kill()
            live.server.wait()
            live.start_server()
        elif victim == "worker":
            assert live.worker
            live.worker.kill()
            live.worker.wait()
            live.start_worker()
        elif victim == "zygote":
            for pid in zygotes(live):
                kill(pid)
        else:
            for pid in self.random.sample(found := children(live), k=min(1, len(found))):
                kill(pid)

    def _attempts(self, started: Started) -> Iterator[dict[str, Any]]:
        """The run and its retries, each once it has ended."""
        run_id, attempt = started.run_id, 0
        while True:
            run = self._ended(started.job, run_id)
            yield run
            attempt += 1
            retried = self.live.details(run_id)["transitions"][-1].get("retried") or self._exists(started, attempt)
            if not retried:
                return
            run_id = f"{started.run_id}_attempt_{attempt}"

    def _exists(self, started: Started, attempt: int) -> bool:
        try:
            self.live.glue.get_job_run(JobName=started.job, RunId=f"{started.run_id}_attempt_{attempt}")
        except self.live.glue.exceptions.EntityNotFoundException:
            return False
        return True

    def _ended(self, job: str, run_id: str) -> dict[str, Any]:
        return wait_for(
            lambda: self.live.ended(job, run_id), 60, f"{run_id} to end", lambda: self.live.log("worker")[-3000:]
        )

    def _check(self, started: Started, run: dict[str, Any], victim: str) -> None:
        run_id, state = run["Id"], run["JobRunState"]
        where = f"{run_id} ({started.kind}, {victim} killed): {state} {run.get('ErrorMessage')}"
        path = self.folder / run_id
        left = path.read_text().split() if path.exists() else []
        self.ends[state] += 1
        assert state in FINAL, where
        assert left.count("began") <= 1, f"{where}: executed {left.count('began')} times"
        if state == "SUCCEEDED":
            assert left == ["began", "ended"], f"{where}: on record as done, but it left {left}"
            assert started.kind != "fails", where
            lines = self.live.log_lines("/aws-glue/python-jobs/output", run_id)
            assert lines == [f"{run_id} {n}" for n in range(5)], f"{where}: its log is {lines}"
        if victim == "server":  # the worker goes on without it, and reports when it is back
            assert state == ("FAILED" if started.kind == "fails" else "SUCCEEDED"), where
        if state == "FAILED":
            assert run.get("ErrorMessage"), f"{where}: failed without a word"
        if state == "FAILED" and started.kind == "retries" and run["Attempt"] == 0:
            assert self._exists(started, 1), f"{where}: the promised retry is missing"


def zygotes(live: Live) -> list[int]:
    """The zygotes of this home's worker."""
    worker = live.worker.pid if live.worker else 0
    return [pid for pid, command in _processes(live) if "worker.zygote" in command and _parent(pid) == worker]


def children(live: Live) -> list[int]:
    """Processes of runs: what the zygotes have forked."""
    parents = set(zygotes(live))
    return [pid for pid, _ in _processes(live) if _parent(pid) in parents]


def leftovers(live: Live) -> list[int]:
    """Processes of this home that are none of ours to keep."""
    kept = {process.pid for process in (live.server, live.worker) if process}
    return [pid for pid, _ in _processes(live) if pid not in kept]


def _processes(live: Live) -> list[tuple[int, str]]:
    mark = f"MASTIC_WORKER_FOLDER={live.home}/".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if mark in (entry / "environ").read_bytes():
                found.append((int(entry.name), (entry / "cmdline").read_text().replace("\0", " ")))
        except OSError:
            continue
    return found


def _parent(pid: int) -> int:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    return int(stat.rsplit(")", 1)[1].split()[1])


def main() -> None:
    """Rounds of chaos; fails with the first broken promise."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--victims", default=",".join(VICTIMS), help="comma-separated")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    dice = random.Random(options.seed)  # noqa: S311
    with tempfile.TemporaryDirectory(prefix="mastic-chaos-", ignore_cleanup_errors=True) as folder:
        live = Live(Path(folder) / "home", MASTIC_WORKER_LEASE_SECONDS="4").start()
        try:
            chaos = Chaos(live, Path(folder) / "left", dice)
            for number in range(options.rounds):
                victim, delay_seconds = dice.choice(options.victims.split(",")), dice.uniform(0, 0.5)
                began = time.monotonic()
                print(f"round {number + 1}: {victim} after {delay_seconds * 1000:.0f} ms", end="", flush=True)
                chaos.round(victim, delay_seconds)
                print(f", settled in {time.monotonic() - began:.1f} s", flush=True)
        finally:
            live.close()
        assert not leftovers(live), f"still running: {_processes(live)}"
    print(f"every run ended right: {dict(chaos.ends)}")


if __name__ == "__main__":
    main()

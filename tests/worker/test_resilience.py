"""A server that goes away, a worker that is told to stop, a lease that is lost."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from chaos.kill import zygotes
from sqlalchemy import select, update

from live import Live, wait_for
from mastic.jobs.tables import job_runs
from mastic.store.database import Store

COUNTS = "import time\nfor n in range(30):\n    print(n, flush=True)\n    time.sleep(0.05)\n"
SLEEPS = "import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(300)\n"


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Live]:
    """A server and worker of this test's own, to be broken."""
    live = Live(tmp_path / "home", MASTIC_WORKER_LEASE_SECONDS="6", MASTIC_WORKER_STOP_GRACE_SECONDS="1").start()
    yield live
    live.close()


def test_a_run_that_ends_while_the_server_is_away_is_reported_after(own: Live) -> None:
    job = own.create_job(COUNTS)
    run_id = own.start_run(job)
    wait_for(lambda: printed(own, run_id) is not None, 20, "the script's first line")
    assert own.server
    own.server.kill()
    own.server.wait()
    time.sleep(2.5)  # the script ends meanwhile
    own.start_server()
    run = own.wait(job, run_id)
    assert run.state == "SUCCEEDED", run.error
    assert run.lines("output") == [str(n) for n in range(30)]


def test_an_end_that_could_not_be_reported_is_the_next_workers_to_report(own: Live) -> None:
    job = own.create_job(COUNTS)
    run_id = own.start_run(job)
    wait_for(lambda: printed(own, run_id) is not None, 20, "the script's first line")
    assert own.server
    assert own.worker
    own.server.kill()
    own.server.wait()
    wait_for(lambda: list(own.home.glob("workers/*/reports/*.json")), 10, "the end to be kept on disk")
    own.worker.kill()
    own.worker.wait()
    own.start_server()
    own.start_worker()
    run = own.wait(job, run_id)
    assert run.state == "SUCCEEDED", run.error
    assert run.lines("output") == [str(n) for n in range(30)]
    wait_for(lambda: len(list(own.home.glob("workers/*"))) == 1, 10, "the dead worker's folder to be cleared away")


def test_a_worker_told_to_stop_ends_its_runs_and_says_so(own: Live) -> None:
    job = own.create_job(SLEEPS)
    run_id = own.start_run(job)
    own.wait_state(job, run_id, "RUNNING")
    assert own.worker
    own.worker.send_signal(signal.SIGTERM)
    own.worker.wait(15)
    run = own.wait(job, run_id)
    assert run.state == "FAILED"
    assert "The worker was shut down" in run.error
    assert not alive(int(run.tail[0]))
    assert list((own.home / "workers").iterdir()) == []


def test_a_worker_told_to_stop_lets_short_runs_finish(own: Live) -> None:
    job = own.create_job("import time\ntime.sleep(0.8)\nprint('done')")
    run_id = own.start_run(job)
    own.wait_state(job, run_id, "RUNNING")
    assert own.worker
    own.worker.send_signal(signal.SIGTERM)
    assert own.wait(job, run_id).state == "SUCCEEDED"


def test_a_run_whose_lease_is_lost_is_killed_and_not_reported(own: Live) -> None:
    job = own.create_job(SLEEPS)
    run_id = own.start_run(job)
    own.wait_state(job, run_id, "RUNNING")
    pid = wait_for(lambda: printed(own, run_id), 20, "the script's first line")
    store = Store(f"sqlite:///{own.home / 'mastic.db'}")
    with store.write() as connection:  # as if it had been given to another worker
        connection.execute(update(job_runs).where(job_runs.c.id == run_id).values(token=99, worker_id="w-other"))
    store.close()
    wait_for(lambda: not alive(pid), 10, "the script to be killed")
    wait_for(lambda: not list(own.home.glob(f"workers/*/runs/{run_id}")), 10, "its folder to be removed")
    details = own.details(run_id)
    assert details["exit_code"] is None
    assert "was killed (SIGKILL)" not in (details["error_message"] or "")


def test_a_run_keeps_its_lease_however_long_it_is_prepared(own: Live) -> None:
    zygote = wait_for(lambda: zygotes(own), 20, "the zygote")[0]
    os.kill(zygote, signal.SIGSTOP)
    try:
        job = own.create_job("print('once')")
        run_id = own.start_run(job)
        time.sleep(9)  # one and a half leases
    finally:
        os.kill(zygote, signal.SIGCONT)
    run = own.wait(job, run_id)
    assert run.state == "SUCCEEDED", run.error
    store = Store(f"sqlite:///{own.home / 'mastic.db'}")
    with store.read() as connection:
        assert connection.scalar(select(job_runs.c.token).where(job_runs.c.id == run_id)) == 1
    store.close()


def test_a_killed_zygote_is_replaced(own: Live) -> None:
    job = own.create_job(SLEEPS)
    run_id = own.start_run(job)
    own.wait_state(job, run_id, "RUNNING")
    pid = wait_for(lambda: printed(own, run_id), 20, "the script's first line")
    os.kill(parent(pid), signal.SIGKILL)
    run = own.wait(job, run_id)
    assert run.state == "FAILED"
    assert "zygote" in run.error
    assert not alive(pid)
    assert own.run("print('again')").tail == ["again"]


def printed(live: Live, run_id: str) -> int | None:
    try:
        lines = live.log_lines("/aws-glue/python-jobs/output", run_id)
    except live.logs.exceptions.ResourceNotFoundException:
        return None
    return int(lines[0]) if lines else None


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in ("Z", "X")
    except OSError:
        return False

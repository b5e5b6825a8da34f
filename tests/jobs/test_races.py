"""Many servers and workers at once, on both databases: nothing happens twice, no limit is passed."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import select

from mastic.jobs import bookmarks, claims, events, runs
from mastic.jobs.bookmarks import BookmarkConflict
from mastic.jobs.sweeper import Sweeper
from mastic.jobs.tables import job_runs
from mastic.protocol.errors import ConcurrentRunsExceededException, IdempotentParameterMismatchException

THREADS = 8


def together(*calls: Callable[[], Any]) -> list[Any]:
    """Call all at the same moment; results or exceptions."""
    barrier = threading.Barrier(len(calls))

    def one(call: Callable[[], Any]) -> Any:
        barrier.wait(10)
        try:
            return call()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


def test_one_run_is_claimed_once(open_app) -> None:
    servers = [open_app() for _ in range(2)]
    servers[0].job(ExecutionProperty={"MaxConcurrentRuns": 100})
    for _ in range(5):
        servers[0].start()
    workers = [servers[n % 2].worker(f"w{n}") for n in range(THREADS)]
    claimed = [found["job_run_id"] for found in together(*(w.claim for w in workers)) if found]
    assert len(claimed) == len(set(claimed)) == 5


def test_max_concurrent_runs_is_never_passed(open_app) -> None:
    servers = [open_app() for _ in range(2)]
    servers[0].job(ExecutionProperty={"MaxConcurrentRuns": 3})
    results = together(*(servers[n % 2].start for n in range(THREADS)))
    assert Counter(type(result) for result in results) == {str: 3, ConcurrentRunsExceededException: THREADS - 3}


def test_an_idempotency_key_starts_one_run(open_app) -> None:
    servers = [open_app() for _ in range(2)]
    servers[0].job(ExecutionProperty={"MaxConcurrentRuns": 100})
    key = {"--mastic-idempotency-key": "k"}
    results = together(*(lambda n=n: servers[n % 2].start(Arguments=key) for n in range(THREADS)))
    assert len(set(results)) == 1, results
    assert servers[0].states() == ["STARTING"]


def test_a_job_is_created_once(open_app) -> None:
    servers = [open_app() for _ in range(2)]
    results = together(*(lambda n=n: servers[n % 2].job(Description=str(n)) for n in range(THREADS)))
    assert Counter(type(result) for result in results) == {str: 1, IdempotentParameterMismatchException: THREADS - 1}


def test_one_bookmark_commit_wins(open_app) -> None:
    servers = [open_app() for _ in range(2)]
    arguments = {"--job-bookmark-option": "job-bookmark-enable"}
    servers[0].job(ExecutionProperty={"MaxConcurrentRuns": 100}, DefaultArguments=arguments)
    worker = servers[0].worker()
    ids = [servers[0].start() for _ in range(THREADS)]
    for _ in ids:
        worker.run_one()
    commits = [lambda n=n, i=i: bookmarks.commit(servers[n % 2], i, 0, {"by": i}) for n, i in enumerate(ids)]
    results = together(*commits)
    assert Counter(type(result) for result in results) == {int: 1, BookmarkConflict: THREADS - 1}


def test_a_report_and_a_lost_lease_end_a_run_once(open_app) -> None:
    for _ in range(4):
        one = open_app()
        other = open_app(one.clock)
        name = f"job-{id(one)}"
        one.job(name, MaxRetries=1)
        run_id = one.start(name)
        worker, sweeper = one.worker(), Sweeper(other)
        found = worker.run_one()
        one.pass_time(seconds=16)
        together(lambda w=worker, f=found: w.finish(f, "FAILED"), sweeper.sweep, sweeper.sweep)
        assert one.states(name) == ["FAILED", "STARTING"]
        with one.store.read() as connection:
            assert [e.state.value for e in events.of_run(connection, run_id)] == ["STARTING", "RUNNING", "FAILED"]
        runs.stop(one, name, [f"{run_id}_attempt_1"])


def test_stop_and_claim_at_once(open_app) -> None:
    one, other = open_app(), open_app()
    one.job(ExecutionProperty={"MaxConcurrentRuns": 100})
    for _ in range(10):
        run_id = one.start()
        worker = other.worker()
        found, _ = together(worker.claim, lambda r=run_id: runs.stop(one, "nightly", [r]))
        state = one.run(run_id).state.value
        assert state == ("STOPPING" if found else "STOPPED")
        if found:
            assert claims.started(one, run_id, found["token"], []) == "stop"
            worker.finish(found, "STOPPED")


def test_finishing_runs_admit_waiting_ones_in_order_and_within_the_limit(open_app) -> None:
    servers = [open_app() for _ in range(2)]
    servers[0].job(ExecutionProperty={"MaxConcurrentRuns": 2}, JobRunQueuingEnabled=True)
    ids = together(*(servers[n % 2].start for n in range(THREADS)))
    assert sorted(servers[0].states()) == ["STARTING"] * 2 + ["WAITING"] * (THREADS - 2)
    workers = [servers[n].worker(f"w{n}") for n in range(2)]
    started: list[str] = []
    while len(started) < len(ids):
        found = [worker.run_one() for worker in workers]
        started += [one["job_run_id"] for one in found]
        together(*(lambda w=w, f=f: w.finish(f) for w, f in zip(workers, found, strict=True)))
        occupied = [s for s in servers[0].states() if s in ("STARTING", "RUNNING", "STOPPING")]
        assert len(occupied) <= 2
    with servers[0].store.read() as connection:
        assert started == list(connection.scalars(select(job_runs.c.id).order_by(job_runs.c.seq)))


def test_a_reader_of_the_event_log_misses_nothing(open_app) -> None:
    servers = [open_app() for _ in range(4)]
    for n in range(THREADS):
        servers[0].job(f"job-{n}", ExecutionProperty={"MaxConcurrentRuns": 100})
    done, seen = threading.Event(), []

    def read() -> None:
        last = 0
        while True:
            finished = done.is_set()
            with servers[3].store.read() as connection:
                found = events.read(connection, last)
            seen.extend(event.id for event in found)
            last = found[-1].id if found else last
            if finished and not found:
                return

    reader = threading.Thread(target=read)
    reader.start()
    together(*(lambda n=n: [servers[n % 3].start(f"job-{n}") for _ in range(10)] for n in range(THREADS)))
    done.set()
    reader.join(30)
    with servers[0].store.read() as connection:
        every = [event.id for event in events.read(connection, 0)]
    assert seen == every
    assert len(every) == THREADS * 10

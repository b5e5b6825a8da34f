"""Whatever happens in whatever order, the rules of runs hold (Hypothesis tries thousands of orders)."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections import Counter
from datetime import timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from mastic.app import App
from mastic.clock import ManualClock
from mastic.jobs import claims, definitions, events, runs
from mastic.jobs.claims import Fenced, Held, Worker
from mastic.jobs.lifecycle import Ending
from mastic.jobs.run import Run
from mastic.jobs.states import FINAL, LIVE, MOVES, IllegalMove, State
from mastic.jobs.sweeper import Sweeper
from mastic.protocol.errors import ConcurrentRunsExceededException, InvalidInputException
from mastic.settings import Settings
from mastic.store.database import Store

ETL = {"Role": "glue", "Command": {"Name": "glueetl", "ScriptLocation": "s3://scripts/job.py"}}
JOB = "nightly"


def memory_folder() -> Path:
    """A folder in memory where there is one: thousands of databases are made, none matters after a crash."""
    memory = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="mastic-any-order-", dir=memory if memory.is_dir() else None))


@cache
def migrated_database() -> Path:
    path = memory_folder() / "mastic.db"
    store = Store(f"sqlite:///{path}")
    store.migrate()
    store.close()
    atexit.register(shutil.rmtree, path.parent)
    return path


class RunsInAnyOrder(RuleBasedStateMachine):
    """Starts, stops, claims, reports, deaths and time, mixed."""

    claimed = Bundle("claimed")

    def __init__(self) -> None:
        super().__init__()
        self.home = memory_folder()
        shutil.copy(migrated_database(), self.home / "mastic.db")
        self.clock = ManualClock()
        self.app = self.new_app()
        self.sweeper = Sweeper(self.app)
        self.executed: Counter[str] = Counter()

    def new_app(self) -> App:
        return App(Settings(home=self.home, worker_overcommit=1.0), self.clock)

    @initialize(most=st.integers(1, 3), retries=st.integers(0, 2), minutes=st.integers(1, 3))
    def create_job(self, most: int, retries: int, minutes: int) -> None:
        self.most = most
        fields = {"ExecutionProperty": {"MaxConcurrentRuns": most}, "MaxRetries": retries, "Timeout": minutes}
        definitions.create(self.app, JOB, {**ETL, **fields}, {})

    @rule(queue=st.booleans())
    def start(self, queue: bool) -> None:
        try:
            runs.start(self.app, JOB, {"JobName": JOB, "JobRunQueuingEnabled": queue})
        except ConcurrentRunsExceededException:
            assert not queue
            assert len(self.in_states("STARTING", "RUNNING", "STOPPING", "WAITING")) >= self.most

    @rule(pick=st.integers(0, 30))
    def retry_by_hand(self, pick: int) -> None:
        every = self.all_runs()
        if every:
            request = {"JobName": JOB, "JobRunId": every[pick % len(every)].id, "JobRunQueuingEnabled": True}
            try:
                runs.start(self.app, JOB, request)
            except InvalidInputException as error:
                assert "cannot be retried" in error.message or "SUCCEEDED" in error.message

    @rule(pick=st.integers(0, 30))
    def stop(self, pick: int) -> None:
        every = self.all_runs()
        if every:
            runs.stop(self.app, JOB, [every[pick % len(every)].id])

    @rule(target=claimed, name=st.sampled_from(["w1", "w2"]), vcpus=st.sampled_from([40.0, 100.0]))
    def claim(self, name: str, vcpus: float) -> Any:
        waiting = self.in_states("STARTING")
        worker = Worker(name, vcpus, 1_000_000, ("glueetl", "pythonshell"))
        claims.check_in(self.app, worker, [one.id for one in self.all_runs()])
        found = claims.claim(self.app, worker)
        if found is None:
            return multiple()
        oldest = min((one for one in waiting if one.worker_id is None), key=lambda one: one.seq)
        assert found["job_run_id"] == oldest.id, "first come, first served"
        return (name, found["job_run_id"], found["token"])

    @rule(one=claimed)
    def started(self, one: tuple[str, str, int]) -> None:
        before = self.run(one[1]).state
        try:
            told = claims.started(self.app, one[1], one[2], [])
        except Fenced:
            return
        if told == "continue" and before is State.STARTING:
            self.executed[one[1]] += 1

    @rule(one=claimed)
    def heartbeat(self, one: tuple[str, str, int]) -> None:
        held = [Held(one[1], one[2])]
        claims.renew(self.app, one[0], held)
        told = claims.directives(self.app, one[0], held)[0][one[1]]
        run = self.run(one[1])
        owned = run.is_live and run.token == one[2] and run.worker_id == one[0]
        assert (told == "abandon") is not owned

    @rule(one=consumes(claimed), outcome=st.sampled_from(sorted(FINAL - {State.EXPIRED, State.ERROR})))
    def report(self, one: tuple[str, str, int], outcome: State) -> None:
        before = self.run(one[1])
        try:
            claims.finished(self.app, one[1], one[2], Ending(outcome, "x", 1.0, {}))
        except (Fenced, IllegalMove):
            assert self.run(one[1]) == before

    @rule(one=consumes(claimed))
    def worker_dies(self, one: tuple[str, str, int]) -> None:
        """It just says nothing any more."""

    @rule(seconds=st.sampled_from([1, 10, 16, 200]))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(timedelta(seconds=seconds))
        self.sweeper.sweep()

    @rule()
    def server_restarts(self) -> None:
        self.app.store.close()
        self.app = self.new_app()
        self.sweeper = Sweeper(self.app)

    @invariant()
    def the_rules_hold(self) -> None:
        every = self.all_runs()
        occupying = [one for one in every if one.state in LIVE and one.state is not State.WAITING]
        assert len(occupying) <= self.most
        live_roots = Counter(one.root_id for one in every if one.is_live)
        assert max(live_roots.values(), default=0) <= 1, "two live attempts of one run"
        if any(one.state is State.WAITING for one in every):
            assert len(occupying) == self.most, "a run waits although there is room"
        assert max(self.executed.values(), default=0) <= 1, "an attempt executed twice"
        self.check_histories(every)

    def check_histories(self, every: list[Run]) -> None:
        histories: dict[str, list[State]] = {}
        with self.app.store.read() as connection:
            for event in events.read(connection, 0, 100_000):
                histories.setdefault(event.run_id, []).append(event.state)
        for one in every:
            states = histories[one.id]
            assert states[0] in (State.STARTING, State.WAITING)
            assert all(after in MOVES[before] for before, after in pairwise(states))
            assert states[-1] is one.state
            assert (one.completed_on is not None) == (one.state in FINAL)

    def teardown(self) -> None:
        if hasattr(self, "most"):
            self.everything_ends()
        self.app.notifier.close()
        self.app.store.close()
        shutil.rmtree(self.home)

    def everything_ends(self) -> None:
        """From any state, with workers that work, every run comes to an end."""
        worker = Worker("last", 1000.0, 10_000_000, ("glueetl",))
        for _ in range(len(self.all_runs()) * 12 + 40):
            live = [one for one in self.all_runs() if one.is_live]
            if not live:
                return
            self.clock.advance(timedelta(seconds=20))
            self.sweeper.sweep()
            claims.check_in(self.app, worker, [])
            found = claims.claim(self.app, worker)
            if found:
                claims.started(self.app, found["job_run_id"], found["token"], [])
                claims.finished(self.app, found["job_run_id"], found["token"], Ending(State.SUCCEEDED, report={}))
        raise AssertionError(f"these never end: {live}")

    def all_runs(self) -> list[Run]:
        return runs.page(self.app, JOB, None, 10_000)

    def in_states(self, *states: str) -> list[Run]:
        return [one for one in self.all_runs() if one.state in states]

    def run(self, run_id: str) -> Run:
        return runs.get(self.app, JOB, run_id)


TestRunsInAnyOrder = RunsInAnyOrder.TestCase
TestRunsInAnyOrder.settings = settings(
    max_examples=25, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)

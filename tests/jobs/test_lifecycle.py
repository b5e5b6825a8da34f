"""What happens to a run from StartJobRun to its end, with a worker that behaves and with one that does not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mastic.jobs import claims, definitions, events, runs
from mastic.jobs.assignment import details
from mastic.jobs.claims import Fenced
from mastic.jobs.lifecycle import Ending
from mastic.jobs.states import IllegalMove, State
from mastic.jobs.sweeper import Sweeper
from mastic.protocol.errors import ConcurrentRunsExceededException, EntityNotFoundException, InvalidInputException


def test_a_run_succeeds(app) -> None:
    app.job()
    run_id = app.start()
    assert run_id.startswith("jr_") and len(run_id) == 67
    worker = app.worker()
    claimed = worker.run_one()
    assert (claimed["job_run_id"], claimed["attempt"], claimed["token"]) == (run_id, 0, 1)
    assert app.run(run_id).state is State.RUNNING
    app.pass_time(seconds=90)
    assert app.run(run_id).shape(app.clock.now())["ExecutionTime"] == 90
    worker.finish(claimed, seconds=89.2)
    shape = app.run(run_id).shape(app.clock.now())
    assert shape["JobRunState"] == "SUCCEEDED"
    assert shape["ExecutionTime"] == 90
    assert shape["CompletedOn"] == app.clock.now()
    assert [move["state"] for move in details(app, run_id)["transitions"]] == ["STARTING", "RUNNING", "SUCCEEDED"]


def test_reporting_twice_changes_nothing(app) -> None:
    app.job(MaxRetries=1)
    run_id = app.start()
    worker = app.worker()
    claimed = worker.run_one()
    worker.finish(claimed, "FAILED")
    worker.finish(claimed, "FAILED")
    assert app.states() == ["FAILED", "STARTING"]
    with app.store.read() as connection:
        assert [e.state.value for e in events.of_run(connection, run_id)] == ["STARTING", "RUNNING", "FAILED"]


def test_a_run_that_never_started_may_fail_but_not_succeed(app) -> None:
    app.job()
    run_id = app.start()
    worker = app.worker()
    claimed = worker.claim()
    with pytest.raises(IllegalMove, match="STARTING and cannot become SUCCEEDED"):
        worker.finish(claimed, "SUCCEEDED")
    worker.finish(claimed, "FAILED", message="s3://scripts/job.py does not exist")
    run = app.run(run_id)
    assert (run.state, run.error_message, run.execution_seconds) == (
        State.FAILED,
        "s3://scripts/job.py does not exist",
        0.0,
    )


def test_concurrent_runs_are_limited(app) -> None:
    app.job(ExecutionProperty={"MaxConcurrentRuns": 2})
    app.start()
    app.start()
    with pytest.raises(ConcurrentRunsExceededException, match="nightly: MaxConcurrentRuns is 2"):
        app.start()
    worker = app.worker()
    worker.finish(worker.run_one())
    app.start()
    assert sorted(app.states()) == ["STARTING", "STARTING", "SUCCEEDED"]


def test_queued_runs_start_in_order(app) -> None:
    app.job(JobRunQueuingEnabled=True)
    ids = [app.start() for _ in range(4)]
    assert app.states() == ["STARTING", "WAITING", "WAITING", "WAITING"]
    worker = app.worker()
    order = []
    for _ in ids:
        claimed = worker.run_one()
        order.append(claimed["job_run_id"])
        worker.finish(claimed)
    assert order == ids


def test_the_run_decides_whether_it_queues(app) -> None:
    app.job(JobRunQueuingEnabled=True)
    app.start()
    with pytest.raises(ConcurrentRunsExceededException):
        app.start(JobRunQueuingEnabled=False)
    app.start()
    assert app.states() == ["STARTING", "WAITING"]


def test_raising_the_limit_admits_waiting_runs(app) -> None:
    app.job(JobRunQueuingEnabled=True)
    for _ in range(4):
        app.start()
    definitions.overwrite(app, "nightly", {**_definition(app), "ExecutionProperty": {"MaxConcurrentRuns": 3}})
    assert app.states() == ["STARTING", "STARTING", "STARTING", "WAITING"]


def test_failed_runs_are_retried_as_new_attempts(app) -> None:
    app.job(MaxRetries=2)
    run_id = app.start(Arguments={"--day": "7"})
    worker = app.worker()
    for attempt in range(3):
        claimed = worker.run_one()
        assert claimed["attempt"] == attempt
        assert claimed["arguments"] == {"--day": "7"}
        worker.finish(claimed, "FAILED", message="boom")
    assert worker.claim() is None
    assert app.states() == ["FAILED"] * 3
    second, third = app.run(f"{run_id}_attempt_1"), app.run(f"{run_id}_attempt_2")
    assert (second.attempt, second.previous_run_id) == (1, run_id)
    assert (third.attempt, third.previous_run_id) == (2, f"{run_id}_attempt_1")


@pytest.mark.parametrize("state", ["TIMEOUT", "STOPPED", "SUCCEEDED"])
def test_other_endings_are_not_retried(app, state: str) -> None:
    app.job(MaxRetries=3)
    app.start()
    worker = app.worker()
    worker.finish(worker.run_one(), state)
    assert app.states() == [state]


def test_a_retry_keeps_its_slot_before_waiting_runs(app) -> None:
    app.job(MaxRetries=1, JobRunQueuingEnabled=True)
    app.start()
    app.start()
    worker = app.worker()
    worker.finish(worker.run_one(), "FAILED")
    assert app.states() == ["FAILED", "WAITING", "STARTING"]
    worker.finish(worker.run_one(), "FAILED")
    assert app.states() == ["FAILED", "STARTING", "FAILED"]


def test_stopping_a_running_run(app) -> None:
    app.job(MaxRetries=1)
    run_id = app.start()
    worker = app.worker()
    claimed = worker.run_one()
    assert runs.stop(app, "nightly", [run_id]) == ([run_id], [])
    assert app.states() == ["STOPPING"]
    assert runs.stop(app, "nightly", [run_id]) == ([run_id], [])  # asking again is no error
    assert worker.heartbeat() == {run_id: "stop"}
    worker.finish(claimed, "STOPPED")
    assert app.states() == ["STOPPED"]


def test_a_stopped_run_that_fails_on_its_way_out_is_not_retried(app) -> None:
    app.job(MaxRetries=1)
    run_id = app.start()
    worker = app.worker()
    claimed = worker.run_one()
    runs.stop(app, "nightly", [run_id])
    worker.finish(claimed, "FAILED")
    assert app.states() == ["FAILED"]


def test_stopping_before_the_script_begins(app) -> None:
    app.job(JobRunQueuingEnabled=True)
    unclaimed, waiting = app.start(), app.start()
    runs.stop(app, "nightly", [waiting, unclaimed])
    assert app.states() == ["STOPPED", "STOPPED"]
    claimed_id = app.start()
    worker = app.worker()
    claimed = worker.claim()
    runs.stop(app, "nightly", [claimed_id])
    assert app.run(claimed_id).state is State.STOPPING
    assert claims.started(app, claimed_id, claimed["token"], []) == "stop"
    worker.finish(claimed, "STOPPED")
    assert app.run(claimed_id).state is State.STOPPED


def test_stopping_frees_the_slot_for_the_next_in_line(app) -> None:
    app.job(JobRunQueuingEnabled=True)
    first = app.start()
    app.start()
    runs.stop(app, "nightly", [first])
    assert app.states() == ["STOPPED", "STARTING"]


def test_what_cannot_be_stopped_is_told_one_by_one(app) -> None:
    app.job()
    app.job("other")
    done = app.start()
    worker = app.worker()
    worker.finish(worker.run_one())
    elsewhere = app.start("other")
    stopped, refused = runs.stop(app, "nightly", [done, elsewhere, "jr_unknown"])
    assert stopped == []
    assert [(r.run_id, r.error.code) for r in refused] == [
        (done, "InvalidInputException"),
        (elsewhere, "EntityNotFoundException"),
        ("jr_unknown", "EntityNotFoundException"),
    ]


def test_a_worker_that_dies_before_the_script_began_loses_only_time(app) -> None:
    app.job()
    run_id = app.start()
    dead, sweeper = app.worker("dead"), Sweeper(app)
    stale = dead.claim()
    app.pass_time(seconds=16)
    sweeper.sweep()
    assert app.run(run_id).state is State.STARTING
    claimed = app.worker("alive").run_one()
    assert (claimed["job_run_id"], claimed["token"]) == (run_id, 2)
    with pytest.raises(Fenced):
        claims.started(app, run_id, stale["token"], [])
    assert dead.heartbeat() == {run_id: "abandon"}
    with pytest.raises(Fenced):
        dead.finish(stale, "FAILED")
    assert app.run(run_id).state is State.RUNNING


def test_a_run_that_no_worker_gets_to_start_fails_in_the_end(app) -> None:
    app.job()
    run_id = app.start()
    sweeper = Sweeper(app)
    for attempt in range(claims.MOST_CLAIMS):
        assert app.worker(f"w{attempt}").claim() is not None
        app.pass_time(seconds=16)
        sweeper.sweep()
    run = app.run(run_id)
    assert run.state is State.FAILED
    assert "5 workers took this run and none got it to start" in str(run.error_message)


def test_a_worker_that_dies_during_the_script_fails_the_run(app) -> None:
    app.job(MaxRetries=1)
    run_id = app.start()
    dead, sweeper = app.worker("dead"), Sweeper(app)
    stale = dead.run_one()
    app.pass_time(seconds=16)
    sweeper.sweep()
    run = app.run(run_id)
    assert run.state is State.FAILED
    assert "Worker dead was not heard of for 15 s" in str(run.error_message)
    assert app.states() == ["FAILED", "STARTING"]
    with pytest.raises(Fenced):
        dead.finish(stale, "SUCCEEDED")
    assert app.states() == ["FAILED", "STARTING"]


def test_heartbeats_keep_a_lease(app) -> None:
    app.job()
    app.start()
    worker, sweeper = app.worker(), Sweeper(app)
    claimed = worker.run_one()
    for _ in range(10):
        app.pass_time(seconds=10)
        assert worker.heartbeat() == {claimed["job_run_id"]: "continue"}
        sweeper.sweep()
    assert app.states() == ["RUNNING"]


def test_a_restarted_server_waits_a_lease_period_before_it_takes_runs_away(app, open_app: Callable) -> None:
    app.job()
    app.start()
    worker = app.worker()
    worker.run_one()
    app.pass_time(seconds=600)  # the server was away
    again = open_app(app.clock)
    sweeper = Sweeper(again)
    sweeper.sweep()
    assert again.states() == ["RUNNING"]
    app.pass_time(seconds=10)
    worker.app = again
    worker.heartbeat()
    app.pass_time(seconds=6)
    sweeper.sweep()
    assert again.states() == ["RUNNING"]
    app.pass_time(seconds=15)
    sweeper.sweep()
    assert again.states() == ["FAILED"]


def test_the_worker_is_told_of_a_timeout(app) -> None:
    app.job(Timeout=3)
    run_id = app.start()
    worker = app.worker()
    claimed = worker.run_one()
    app.pass_time(minutes=2)
    assert worker.heartbeat() == {run_id: "continue"}
    app.pass_time(minutes=1)
    assert worker.heartbeat() == {run_id: "timeout"}
    worker.finish(claimed, "TIMEOUT", message="Timeout of 3 minutes")
    assert app.states() == ["TIMEOUT"]


def test_time_before_the_script_begins_does_not_count_towards_the_timeout(app) -> None:
    app.job(Timeout=1)
    run_id = app.start()
    app.pass_time(minutes=50)
    worker = app.worker()
    worker.run_one()
    assert worker.heartbeat() == {run_id: "continue"}


@pytest.mark.parametrize(("asked", "ended"), [(False, "TIMEOUT"), (True, "STOPPED")])
def test_a_worker_that_does_not_obey_is_overruled(app, asked: bool, ended: str) -> None:
    app.job(Timeout=1, MaxRetries=1)
    run_id = app.start()
    worker, sweeper = app.worker(), Sweeper(app)
    claimed = worker.run_one()
    if asked:
        runs.stop(app, "nightly", [run_id])
    for _ in range(14):
        app.pass_time(seconds=10)
        worker.heartbeat()
        sweeper.sweep()
    assert app.states() == [ended]
    assert worker.heartbeat() == {run_id: "abandon"}
    with pytest.raises(Fenced):
        worker.finish(claimed, "SUCCEEDED")


def test_runs_do_not_wait_for_ever(app) -> None:
    app.job(JobRunQueuingEnabled=True)
    app.start()
    app.start()
    app.pass_time(hours=25)
    Sweeper(app).sweep()
    assert app.states() == ["EXPIRED", "EXPIRED"]
    assert "Waited 24 hours" in str(runs.page(app, "nightly", None, 1)[0].error_message)


def test_a_poisoned_row_does_not_hold_up_the_others(app) -> None:
    app.job(ExecutionProperty={"MaxConcurrentRuns": 3})
    for _ in range(3):
        app.start()
    worker, sweeper = app.worker(), Sweeper(app)
    for _ in range(3):
        worker.run_one()
    poisoned = app.run(next(iter(worker.held))).id
    from sqlalchemy import update

    from mastic.jobs.tables import job_runs

    with app.store.write() as connection:
        connection.execute(update(job_runs).where(job_runs.c.id == poisoned).values(plan={"garbage": 1}))
    app.pass_time(seconds=16)
    sweeper.sweep()
    with app.store.read() as connection:
        states = dict(connection.execute(job_runs.select().with_only_columns(job_runs.c.id, job_runs.c.state)).all())
    assert states.pop(poisoned) == "RUNNING"
    assert set(states.values()) == {"FAILED"}


def test_deleting_a_job_ends_waiting_runs_and_leaves_the_others(app) -> None:
    app.job(JobRunQueuingEnabled=True, MaxRetries=1)
    running, waiting = app.start(), app.start()
    worker = app.worker()
    claimed = worker.run_one()
    definitions.remove(app, "nightly")
    assert app.run(waiting).state is State.ERROR
    assert "deleted" in str(app.run(waiting).error_message)
    worker.finish(claimed, "FAILED")
    assert app.run(running).state is State.FAILED
    assert app.states() == ["FAILED", "ERROR"]  # and no retry of a job that is gone
    with pytest.raises(EntityNotFoundException, match="missing metadata"):
        app.start()


def test_starting_with_a_run_id_retries_that_run(app) -> None:
    app.job()
    first = app.start(Arguments={"--day": "7"})
    worker = app.worker()
    worker.finish(worker.run_one(), "FAILED")
    again = app.start(JobRunId=first)
    assert again == f"{first}_attempt_1"
    run = app.run(again)
    assert (run.attempt, run.previous_run_id, run.plan.given_arguments) == (1, first, {"--day": "7"})
    with pytest.raises(InvalidInputException, match=f"cannot be retried while {again} is live"):
        app.start(JobRunId=first)
    worker.finish(worker.run_one())
    with pytest.raises(InvalidInputException, match="SUCCEEDED"):
        app.start(JobRunId=again)
    with pytest.raises(EntityNotFoundException):
        app.start(JobRunId="jr_unknown")


def test_an_idempotency_key_returns_the_run_that_has_it(app) -> None:
    app.job(ExecutionProperty={"MaxConcurrentRuns": 5})
    key = {"--mastic-idempotency-key": "2026-01-01"}
    first = app.start(Arguments=key)
    assert app.start(Arguments=key) == first
    assert app.start(Arguments={"--mastic-idempotency-key": "2026-01-02"}) != first
    app.job("other")
    assert app.start("other", Arguments=key) != first
    worker = app.worker()
    for _ in range(3):
        worker.finish(worker.run_one())
    assert app.start(Arguments=key) == first
    with pytest.raises(InvalidInputException, match="1 to 255 characters; it has 0"):
        app.start(Arguments={"--mastic-idempotency-key": ""})


def test_a_report_that_repeats_notes_adds_none(app) -> None:
    app.job()
    run_id = app.start()
    claimed = app.worker().claim()
    claims.started(app, run_id, claimed["token"], ["capped to 2 vCPUs"])  # its answer got lost on the way
    ending = Ending(State.SUCCEEDED, None, 1.0, {}, ["capped to 2 vCPUs", "slow"])
    claims.finished(app, run_id, claimed["token"], ending)
    assert app.run(run_id).notes == ["capped to 2 vCPUs", "slow"]


def test_notes_are_kept_once_and_not_without_end(app) -> None:
    app.job()
    run_id = app.start()
    worker = app.worker()
    claimed = worker.run_one()
    claims.add_notes(app, run_id, claimed["token"], ["capped to 2 vCPUs", "capped to 2 vCPUs"])
    claims.add_notes(app, run_id, None, ["capped to 2 vCPUs", "--enable-foo is unknown", *(str(n) for n in range(200))])
    run = app.run(run_id)
    assert run.notes[:2] == ["capped to 2 vCPUs", "--enable-foo is unknown"]
    assert len(run.notes) == 100
    assert run.shape(app.clock.now())["StateDetail"].startswith("capped to 2 vCPUs\n--enable-foo")
    with pytest.raises(Fenced):
        claims.add_notes(app, run_id, claimed["token"] + 1, ["stale"])


def test_a_run_that_waits_says_for_what(app) -> None:
    app.job(JobRunQueuingEnabled=True)
    starting, waiting = app.start(), app.start()
    assert details(app, starting)["notes"] == []
    assert "MaxConcurrentRuns" in details(app, waiting)["notes"][0]
    app.pass_time(seconds=5)
    assert "none is connected" in details(app, starting)["notes"][0]
    assert "none is connected" in app.run(starting).shape(app.clock.now())["StateDetail"]
    claims.check_in(app, app.worker().offers, [])
    assert "room for it" in details(app, starting)["notes"][0]


def test_an_update_of_the_job_does_not_touch_its_runs(app) -> None:
    app.job(DefaultArguments={"--a": "1"}, Timeout=7)
    run_id = app.start()
    definitions.overwrite(app, "nightly", {**_definition(app), "DefaultArguments": {"--a": "2"}, "Timeout": 8})
    claimed = app.worker().claim()
    assert claimed["arguments"] == {"--a": "1"}
    assert claimed["timeout_minutes"] == 7
    assert app.run(run_id).plan.timeout_minutes == 7


def test_arguments_merge_as_in_glue(app) -> None:
    app.job(
        DefaultArguments={"--a": "default", "--b": "default", "--c": "default"},
        NonOverridableArguments={"--c": "fixed"},
    )
    run_id = app.start(Arguments={"--b": "run", "--c": "run", "--d": "run"})
    claimed = app.worker().claim()
    assert claimed["arguments"] == {"--a": "default", "--b": "run", "--c": "fixed", "--d": "run"}
    assert app.run(run_id).shape(app.clock.now())["Arguments"] == {"--b": "run", "--c": "run", "--d": "run"}


def test_a_crash_between_states_leaves_the_one_before(app, monkeypatch: pytest.MonkeyPatch) -> None:
    app.job(MaxRetries=1)
    run_id = app.start()
    worker = app.worker()
    claimed = worker.run_one()
    monkeypatch.setattr("mastic.jobs.lifecycle._insert_attempt", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        worker.finish(claimed, "FAILED")
    assert app.run(run_id).state is State.RUNNING
    monkeypatch.undo()
    claims.finished(app, run_id, claimed["token"], Ending(State.FAILED, report={}))
    assert app.states() == ["FAILED", "STARTING"]


def _definition(app) -> dict:
    with app.store.read() as connection:
        stored = definitions.get(connection, "nightly").definition
    return {k: v for k, v in stored.items() if k not in ("MaxCapacity", "AllocatedCapacity")}

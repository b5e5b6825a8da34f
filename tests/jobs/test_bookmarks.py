"""Bookmarks move forward once per commit, and can be taken back to any run."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mastic.jobs import bookmarks, definitions
from mastic.jobs.bookmarks import BookmarkConflict
from mastic.protocol.errors import EntityNotFoundException, InvalidInputException

ENABLED = {"--job-bookmark-option": "job-bookmark-enable"}
PAUSED = {"--job-bookmark-option": "job-bookmark-pause"}


def run_and_commit(app, state: dict[str, Any], outcome: str = "SUCCEEDED") -> str:
    run_id = app.start()
    worker = app.worker()
    claimed = worker.run_one()
    bookmarks.commit(app, run_id, bookmarks.for_run(app, run_id)["version"], state)
    worker.finish(claimed, outcome)
    return run_id


def test_each_run_reads_what_the_one_before_committed(app) -> None:
    app.job(DefaultArguments=ENABLED)
    first = run_and_commit(app, {"s": 1})
    second = run_and_commit(app, {"s": 2})
    assert bookmarks.for_run(app, app.start())["state"] == {"s": 2}
    entry = bookmarks.read(app, "nightly", None).shape()
    assert json.loads(entry.pop("JobBookmark")) == {"s": 2}
    assert entry == {
        "JobName": "nightly",
        "Version": 2,
        "Run": 2,
        "Attempt": 0,
        "RunId": second,
        "PreviousRunId": first,
    }


def test_a_run_may_commit_more_than_once(app) -> None:
    app.job(DefaultArguments=ENABLED)
    run_id = app.start()
    app.worker().run_one()
    assert bookmarks.commit(app, run_id, 0, {"s": 1}) == 1
    assert bookmarks.commit(app, run_id, 1, {"s": 2}) == 2
    found = bookmarks.read(app, "nightly", None)
    assert (found.run, found.version, found.state) == (1, 2, {"s": 2})


def test_of_two_runs_that_read_the_same_version_one_commits(app) -> None:
    app.job(DefaultArguments=ENABLED, ExecutionProperty={"MaxConcurrentRuns": 2})
    first, second = app.start(), app.start()
    worker = app.worker()
    worker.run_one()
    worker.run_one()
    bookmarks.commit(app, first, 0, {"s": 1})
    with pytest.raises(BookmarkConflict, match=f"at version 1, set by run {first}; this run read version 0"):
        bookmarks.commit(app, second, 0, {"s": 2})
    assert bookmarks.read(app, "nightly", None).state == {"s": 1}


def test_a_run_that_has_ended_or_not_begun_commits_nothing(app) -> None:
    app.job(DefaultArguments=ENABLED)
    run_id = app.start()
    worker = app.worker()
    claimed = worker.claim()
    with pytest.raises(BookmarkConflict, match="is STARTING"):
        bookmarks.commit(app, run_id, 0, {})
    from mastic.jobs import claims

    claims.started(app, run_id, claimed["token"], [])
    worker.finish(claimed, "FAILED")
    with pytest.raises(BookmarkConflict, match="is FAILED"):
        bookmarks.commit(app, run_id, 0, {})


@pytest.mark.parametrize("arguments", [{}, PAUSED, {"--job-bookmark-option": "job-bookmark-disable"}])
def test_bookmarks_that_are_off_do_not_move(app, arguments: dict) -> None:
    app.job(DefaultArguments=arguments)
    run_id = app.start()
    app.worker().run_one()
    with pytest.raises(InvalidInputException, match="does not move"):
        bookmarks.commit(app, run_id, 0, {})


def test_rewinding_to_a_run_reads_again_what_came_after_it(app) -> None:
    app.job(DefaultArguments=ENABLED)
    runs = [run_and_commit(app, {"s": n}) for n in range(1, 5)]
    entry = bookmarks.reset(app, "nightly", runs[1])
    assert (entry.version, entry.run, entry.run_id, entry.state) == (5, 2, runs[1], {"s": 2})
    assert bookmarks.for_run(app, runs[0])["state"] == {"s": 2}
    again = run_and_commit(app, {"s": 30})
    found = bookmarks.read(app, "nightly", None)
    assert (found.version, found.run, found.previous_run_id, found.run_id) == (6, 3, runs[1], again)
    assert bookmarks.read(app, "nightly", runs[3]).state == {"s": 4}  # history stays


def test_rewinding_to_a_run_without_a_commit_takes_the_one_before(app) -> None:
    app.job(DefaultArguments=ENABLED)
    run_and_commit(app, {"s": 1})
    worker = app.worker()
    failed = app.start()
    worker.finish(worker.run_one(), "FAILED")
    run_and_commit(app, {"s": 3})
    assert bookmarks.reset(app, "nightly", failed).state == {"s": 1}


def test_a_reset_forgets_everything_but_keeps_the_version_moving(app) -> None:
    app.job(DefaultArguments=ENABLED)
    first = run_and_commit(app, {"s": 1})
    running = app.start()
    app.worker().run_one()
    version = bookmarks.for_run(app, running)["version"]
    entry = bookmarks.reset(app, "nightly", None)
    assert (entry.run, entry.state, "JobBookmark" in entry.shape()) == (0, None, False)
    with pytest.raises(BookmarkConflict, match="set by a reset"):
        bookmarks.commit(app, running, version, {"s": 2})  # it read what the reset has forgotten
    assert bookmarks.read(app, "nightly", first).state == {"s": 1}


def test_pause_between_two_runs(app) -> None:
    app.job(DefaultArguments=ENABLED, ExecutionProperty={"MaxConcurrentRuns": 2})
    runs = [run_and_commit(app, {"s": n}) for n in range(1, 5)]
    paused = app.start(Arguments={**PAUSED, "--job-bookmark-from": runs[0], "--job-bookmark-to": runs[2]})
    found = bookmarks.for_run(app, paused)
    assert (found["option"], found["from"], found["to"]) == ("job-bookmark-pause", {"s": 1}, {"s": 3})
    assert found["state"] == {"s": 4}
    half = app.start(Arguments={**PAUSED, "--job-bookmark-from": runs[0]})
    with pytest.raises(InvalidInputException, match="takes both"):
        bookmarks.for_run(app, half)


def test_pause_names_runs_of_this_job_only(app) -> None:
    app.job(DefaultArguments=ENABLED)
    app.job("other", DefaultArguments=ENABLED)
    mine, theirs = run_and_commit(app, {}), app.start("other")
    run_id = app.start(Arguments={**PAUSED, "--job-bookmark-from": mine, "--job-bookmark-to": theirs})
    with pytest.raises(EntityNotFoundException, match=f"{theirs} of job nightly"):
        bookmarks.for_run(app, run_id)


def test_what_has_no_bookmark_says_so(app) -> None:
    app.job(DefaultArguments=ENABLED)
    with pytest.raises(EntityNotFoundException, match="nightly has no bookmark"):
        bookmarks.read(app, "nightly", None)
    with pytest.raises(EntityNotFoundException, match="jr_1 not found"):
        bookmarks.reset(app, "nightly", "jr_1")


def test_a_deleted_job_takes_its_bookmark_with_it(app) -> None:
    app.job(DefaultArguments=ENABLED)
    run_and_commit(app, {"s": 1})
    definitions.remove(app, "nightly")
    app.job(DefaultArguments=ENABLED)
    assert bookmarks.for_run(app, app.start())["state"] is None


def test_a_run_of_a_deleted_job_leaves_the_next_job_of_that_name_alone(app) -> None:
    app.job(DefaultArguments=ENABLED, MaxRetries=1)
    run_id = app.start()
    worker = app.worker()
    claimed = worker.run_one()
    definitions.remove(app, "nightly")
    app.job(DefaultArguments=ENABLED)
    with pytest.raises(BookmarkConflict, match="was deleted"):
        bookmarks.commit(app, run_id, 0, {"s": 1})
    worker.finish(claimed, "FAILED")
    assert app.states() == ["FAILED"]

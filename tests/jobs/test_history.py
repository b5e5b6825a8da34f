"""Old history goes, and nothing that is still needed goes with it."""

from __future__ import annotations

from sqlalchemy import func, select

from mastic.jobs import bookmarks, claims, events, history
from mastic.jobs.history import forget_old
from mastic.jobs.tables import workers
from mastic.protocol.errors import EntityNotFoundException

ENABLED = {"--job-bookmark-option": "job-bookmark-enable"}


def run_once(app, state: int) -> str:
    run_id, worker = app.start(), app.worker()
    claimed = worker.run_one()
    bookmarks.commit(app, run_id, bookmarks.for_run(app, run_id)["version"], {"s": state})
    worker.finish(claimed)
    return run_id


def test_history_ends_after_ninety_days(app, monkeypatch) -> None:
    monkeypatch.setattr(history, "BATCH", 2)
    app.job(DefaultArguments=ENABLED, ExecutionProperty={"MaxConcurrentRuns": 2})
    old = [run_once(app, n) for n in range(5)]
    app.pass_time(days=50)
    recent = run_once(app, 5)
    live = app.start()
    app.pass_time(days=41)
    forget_old(app)
    kept = [run.id for run in app_runs(app)]
    assert kept == [live, recent]
    for run_id in old:
        try:
            app.run(run_id)
        except EntityNotFoundException:
            continue
        raise AssertionError(run_id)
    with app.store.read() as connection:
        assert {event.run_id for event in events.read(connection, 0)} == {recent, live}
        assert connection.scalar(select(func.count()).select_from(workers)) == 0
    assert bookmarks.read(app, "nightly", None).state == {"s": 5}


def test_the_current_bookmark_stays_however_old(app) -> None:
    app.job(DefaultArguments=ENABLED)
    run_once(app, 1)
    run_once(app, 2)
    app.pass_time(days=400)
    claims.check_in(app, app.worker("new").offers, [])
    forget_old(app)
    found = bookmarks.read(app, "nightly", None)
    assert (found.state, found.version) == ({"s": 2}, 2)
    assert bookmarks.for_run(app, app.start())["state"] == {"s": 2}


def app_runs(app):
    from mastic.jobs import runs

    return runs.page(app, "nightly", None, 100)

"""No statement that a run needs reads a whole table: what costs nothing with ten runs must not with a million."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event

from mastic.app import Caller, Context
from mastic.jobs import bookmarks, claims, definitions, events, operations, runs
from mastic.jobs.assignment import details
from mastic.jobs.sweeper import Sweeper

# Listing all jobs, or all workers, is meant to read them; the others grow without end.
GROWING = ("job_runs", "job_run_leases", "job_run_events", "job_bookmarks", "tags")


def test_every_statement_uses_an_index(app) -> None:
    if not app.store.is_sqlite:
        return  # PostgreSQL plans by statistics, and scans tables as small as these
    seen: dict[str, Any] = {}

    @event.listens_for(app.store.engine, "before_cursor_execute")
    def remember(_connection, _cursor, statement, parameters, _context, _many) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            seen.setdefault(statement, parameters[0] if isinstance(parameters, list) else parameters)

    use_everything(app)
    event.remove(app.store.engine, "before_cursor_execute", remember)
    assert len(seen) > 30
    scans = []
    with app.store.read() as connection:
        for statement, parameters in seen.items():
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            scans += [(row[3], statement) for row in plan if is_scan(row[3])]
    assert scans == []


def is_scan(step: str) -> bool:
    words = step.split()
    return words[0] == "SCAN" and words[1] in GROWING and "INDEX" not in words


def use_everything(app) -> None:
    context = Context(app, Caller("a", "arn", "1"), "r")
    fields = {"DefaultArguments": {"--job-bookmark-option": "job-bookmark-enable"}, "MaxRetries": 1}
    app.job(tags={"team": "data"}, JobRunQueuingEnabled=True, **fields)
    ids = [app.start(Arguments={"--mastic-idempotency-key": str(n)}) for n in range(3)]
    worker, sweeper = app.worker(), Sweeper(app)
    claimed = worker.run_one()
    worker.heartbeat()
    claims.add_notes(app, ids[0], None, ["x"])
    bookmarks.commit(app, ids[0], 0, {})
    bookmarks.reset(app, "nightly", ids[0])
    worker.finish(claimed, "FAILED")
    app.pass_time(seconds=20)
    worker.claim()
    app.pass_time(seconds=20)
    sweeper.sweep()
    runs.stop(app, "nightly", [ids[1]])
    app.pass_time(hours=30)
    sweeper.sweep()
    app.start(JobRunId=ids[0], JobRunQueuingEnabled=True)
    details(app, ids[0])
    with app.store.read() as connection:
        events.read(connection, 1)
    for operation, request in (
        (operations.get_job, {"JobName": "nightly"}),
        (operations.list_jobs, {"Tags": {"team": "data"}}),
        (operations.get_job_run, {"JobName": "nightly", "RunId": ids[0]}),
        (operations.get_job_runs, {"JobName": "nightly", "MaxResults": 2}),
        (operations.get_job_bookmark, {"JobName": "nightly", "RunId": ids[0]}),
    ):
        operation(context, request)
    page = operations.get_job_runs(context, {"JobName": "nightly", "MaxResults": 1})
    operations.get_job_runs(context, {"JobName": "nightly", "MaxResults": 1, "NextToken": page["NextToken"]})
    definitions.remove(app, "nightly")

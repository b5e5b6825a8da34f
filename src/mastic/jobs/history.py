"""Forgets what ended long ago, a little at a time, so that the database does not grow for ever."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, select

from mastic.app import App
from mastic.jobs.tables import job_bookmarks, job_run_events, job_runs, workers

# Small enough not to keep other writers waiting.
BATCH = 500
_WORKER_DAYS = 1


def forget_old(app: App) -> None:
    """Remove what is older than the setting jobs.history_days; a job's current bookmark stays however old."""
    while _forget_runs(app) == BATCH:
        pass
    cutoff = app.clock.now() - timedelta(days=app.settings.history_days)
    newer = job_bookmarks.alias()
    newest = select(func.max(newer.c.version)).where(newer.c.job_name == job_bookmarks.c.job_name).scalar_subquery()
    superseded = job_bookmarks.c.version < newest
    silent = workers.c.last_seen_on <= app.clock.now() - timedelta(days=_WORKER_DAYS)
    with app.store.write() as connection:
        connection.execute(delete(job_bookmarks).where(job_bookmarks.c.committed_on <= cutoff, superseded))
        connection.execute(delete(workers).where(silent))


def _forget_runs(app: App) -> int:
    cutoff = app.clock.now() - timedelta(days=app.settings.history_days)
    old = select(job_runs.c.id).where(job_runs.c.completed_on <= cutoff).limit(BATCH)
    with app.store.read() as connection:
        ids = list(connection.scalars(old))
    if ids:
        with app.store.write() as connection:
            connection.execute(delete(job_run_events).where(job_run_events.c.run_id.in_(ids)))
            connection.execute(delete(job_runs).where(job_runs.c.id.in_(ids)))
    return len(ids)

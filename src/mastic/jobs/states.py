"""The states of a run and every move between them. Nothing else in Mastic decides what may follow what.

AWS: https://docs.aws.amazon.com/glue/latest/dg/job-run-statuses.html
"""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """AWS's JobRunState."""

    WAITING = "WAITING"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    STOPPING = "STOPPING"
    STOPPED = "STOPPED"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    TIMEOUT = "TIMEOUT"
    ERROR = "ERROR"
    EXPIRED = "EXPIRED"


_S = State

MOVES: dict[State, frozenset[State]] = {
    # WAITING: queued behind MaxConcurrentRuns. ERROR: its job was deleted meanwhile.
    _S.WAITING: frozenset({_S.STARTING, _S.STOPPED, _S.EXPIRED, _S.ERROR}),
    # STARTING: waits for a worker, or the worker prepares it; no line of the script has run.
    _S.STARTING: frozenset({_S.RUNNING, _S.STOPPING, _S.STOPPED, _S.FAILED, _S.ERROR, _S.EXPIRED}),
    _S.RUNNING: frozenset({_S.STOPPING, _S.STOPPED, _S.SUCCEEDED, _S.FAILED, _S.TIMEOUT, _S.ERROR}),
    # STOPPING: asked to stop. What then happened is told as it happened: a script may finish first.
    _S.STOPPING: frozenset({_S.STOPPED, _S.SUCCEEDED, _S.FAILED, _S.TIMEOUT, _S.ERROR}),
}

LIVE = frozenset(MOVES)
FINAL = frozenset(State) - LIVE

# AWS: "Jobs that reach the timeout limit are not restarted." ERROR is Mastic's own fault, so it is tried again.
RETRIED = frozenset({_S.FAILED, _S.ERROR})


class IllegalMove(ValueError):
    """A run cannot go from its state to the one asked for."""

    def __init__(self, run_id: str, before: State, after: State) -> None:
        super().__init__(f"run {run_id} is {before} and cannot become {after}")
        self.before = before


def check_move(run_id: str, before: State, after: State) -> None:
    """Raises IllegalMove."""
    if after not in MOVES.get(before, frozenset()):
        raise IllegalMove(run_id, before, after)

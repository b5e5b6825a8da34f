"""How a run went, for a test to look at."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

LIBRARIES = frozenset({"mastic", "awsglue", "pyspark", "pysail", "grpc", "py4j", "google", "boto3", "botocore"})
TAIL_LINES = 20

__tracebackhide__ = True  # by pytest, like the other frames between a test and its script


class JobRunError(AssertionError):
    """A run did not succeed and there is no exception of its script to raise; holds the end of its output."""


@dataclass(frozen=True, repr=False)
class Result:
    """One run that has ended, as `GetJobRun` and its logs describe it, and what only this process knows."""

    run: dict[str, Any]
    """`JobRun` of GetJobRun."""
    stdout: str
    stderr: str
    exception: BaseException | None = None
    """What the script raised, with a traceback that begins in the script; None when it ran in another process."""
    plans: dict[str, Any] = field(default_factory=dict)
    """`{"sail": n, "spark": n, "reasons": {why: n}}`."""
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    attempts: tuple[Result, ...] = ()
    """Every attempt at this run in order, itself the last."""

    @property
    def run_id(self) -> str:
        return str(self.run["Id"])

    @property
    def job_name(self) -> str:
        return str(self.run["JobName"])

    @property
    def state(self) -> str:
        """SUCCEEDED, FAILED, TIMEOUT, STOPPED, ..."""
        return str(self.run["JobRunState"])

    @property
    def error_message(self) -> str:
        """As Glue reports it: cause and line of the script; empty when it succeeded."""
        return str(self.run.get("ErrorMessage", ""))

    def __repr__(self) -> str:
        return f"<{self._headline()}>"

    def check(self, *, whole_traceback: bool = False) -> Result:
        """Itself when the run succeeded; else raises what the script raised, or JobRunError."""
        __tracebackhide__ = True
        if self.state == "SUCCEEDED":
            return self
        if self.exception is None or self.state != "FAILED":
            raise JobRunError(self._summary())
        error = self.exception
        error.add_note(f"job {self.job_name}, run {self.run_id}: {self.state}")
        if not whole_traceback:
            error.with_traceback(own_frames(error.__traceback__))
            error.__suppress_context__ |= not _is_of_script(error.__context__)
            if (cause := error.__cause__) is not None:
                cause.with_traceback(own_frames(cause.__traceback__) if _is_of_script(cause) else None)
        raise error

    def _headline(self) -> str:
        text = f"job {self.job_name}, run {self.run_id}: {self.state}"
        return f"{text}: {self.error_message}" if self.error_message else text

    def _summary(self) -> str:
        lines = [*self.stdout.splitlines(), *self.stderr.splitlines()][-TAIL_LINES:]
        return "\n".join([self._headline(), *(["its output ends:"] if lines else []), *lines])


def own_frames(tb: TracebackType | None) -> TracebackType | None:
    """A traceback without the frames of libraries below the script; all of it if nothing else is left."""
    found: TracebackType | None = None
    for each in reversed(_not_of_libraries(tb)):
        found = TracebackType(found, each.tb_frame, each.tb_lasti, each.tb_lineno)
    return found or tb


def _is_of_script(error: BaseException | None) -> bool:
    """Whether an exception passed through code of the user's: what libraries handle among themselves is no news."""
    return error is not None and bool(_not_of_libraries(error.__traceback__))


def _not_of_libraries(tb: TracebackType | None) -> list[TracebackType]:
    found, below = [], False  # a library: what it calls of Python's own is no news either
    while tb is not None:
        module = str(tb.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
        below = module in LIBRARIES or (below and module in sys.stdlib_module_names)
        if not below:
            found.append(tb)
        tb = tb.tb_next
    return found

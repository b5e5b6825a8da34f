"""From how a process ended to the failure record: outcome, and a message that holds cause, line and remedy."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass, field
from typing import Any, Literal

Outcome = Literal["SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR"]

JVM_TRACE = "\n\nJVM stacktrace:"  # appended by Spark's client
MORE_MEMORY = "give the run a larger WorkerType or more NumberOfWorkers, or process the data in smaller parts"
REMEDIES = {
    "ModuleNotFoundError": "add it with --additional-python-modules or --extra-py-files",
    "MemoryError": MORE_MEMORY,
}


@dataclass(frozen=True)
class Ending:
    """Everything known about the end of a run's process."""

    status: int | None  # wait status; None: the zygote died and took the run along
    report: dict[str, Any] = field(default_factory=dict)  # what the child wrote down
    directive: str = "continue"  # what we had told it: stop, timeout, shutdown
    oom_kills: int = 0
    memory_mb: int = 0
    timeout_minutes: float | None = None
    script: str = "script"
    tail: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Verdict:
    """What is reported."""

    outcome: Outcome
    error_message: str | None = None
    exit_code: int | None = None


def classify(ending: Ending) -> Verdict:
    """The verdict on a run whose process has ended."""
    code, signum = _decode(ending.status)
    if ending.directive == "timeout":
        limit = f"its Timeout of {ending.timeout_minutes:g} min" if ending.timeout_minutes else "its Timeout"
        advice = "raise Timeout on the job or the run, or give it more capacity"
        return Verdict("TIMEOUT", f"The run was ended after {limit}; {advice}", code)
    if ending.directive == "stop":
        return Verdict("STOPPED", None, code)
    if ending.directive == "shutdown" and (signum or code):
        return Verdict("FAILED", "The worker was shut down while the run was under way; start the run again", code)
    if ending.status is None:
        message = "The run's parent process (zygote) was killed, and the run with it; start the run again"
        return Verdict("FAILED", message, code)
    if signum:
        return Verdict("FAILED", _signalled(signum, ending), 128 + signum)
    if code == 0:
        return Verdict("SUCCEEDED", None, 0)
    return Verdict("FAILED", _failed(code or 1, ending), code)


def _failed(code: int, ending: Ending) -> str:
    report = ending.report
    kind = report.get("kind")
    if kind == "exception":
        return _exception(report, ending)
    if kind == "internal":
        return str(report["message"])
    if kind == "exit":
        text = f": {report['message']}" if report.get("message") else ""
        return f"SystemExit: the script ended with exit code {code}{text}{_where(report, ending.script)}"
    return (
        f"The script ended its process with exit code {code} without an exception (os._exit, or a native library did);"
        " the last lines of output are on the run"
    )


def _exception(report: dict[str, Any], ending: Ending) -> str:
    name, message = report["type"], _without_java_frames(report.get("message") or "")
    text = f"{name}: {message}" if message else name
    text += _where(report, ending.script)
    remedy = REMEDIES.get(name)
    if name == "MemoryError" and ending.memory_mb:
        remedy = f"the run's workers stand for {ending.memory_mb} MiB here; {remedy}"
    return f"{text}; {remedy}" if remedy else text


def _without_java_frames(message: str) -> str:
    """Spark's causes without the Java calls between them; those stay in the run's output."""
    lines = message.partition(JVM_TRACE)[0].splitlines()
    kept = [line for line in lines if not line.startswith(("\tat ", "\t... ")) and line != "Driver stacktrace:"]
    return "\n".join(kept).rstrip()


def _where(report: dict[str, Any], script: str) -> str:
    if not report.get("line"):
        return ""
    source = f": {report['source']}" if report.get("source") else ""
    return f" ({script}, line {report['line']}{source})"


def _signalled(signum: int, ending: Ending) -> str:
    name = signal.Signals(signum).name if signum in signal.valid_signals() else f"signal {signum}"
    if ending.oom_kills:
        return f"Out of memory: the run was killed ({name}) at its limit of {ending.memory_mb} MiB; {MORE_MEMORY}"
    if signum == signal.SIGABRT and any("memory allocation of" in line for line in ending.tail):
        return f"Out of memory: native code could get no more within {ending.memory_mb} MiB ({name}); {MORE_MEMORY}"
    if signum == signal.SIGKILL:
        return (
            f"The run was killed ({name}) from outside Mastic; if the machine ran out of memory its kernel log says so:"
            " give the run less to hold at once, or the machine more memory"
        )
    if signum in (signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGABRT, signal.SIGFPE):
        return f"The run crashed ({name}) in native code; the last lines of output may name the library"
    return f"The run was ended by {name}, sent from outside Mastic or by the script itself"


def _decode(status: int | None) -> tuple[int | None, int | None]:
    """(exit code, signal) of a wait status."""
    if status is None:
        return None, None
    if os.WIFSIGNALED(status):
        return None, os.WTERMSIG(status)
    return os.WEXITSTATUS(status), None

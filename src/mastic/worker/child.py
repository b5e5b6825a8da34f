"""The run's own process: prepares the interpreter, runs the script as `__main__`, records how it ended.

Entered in a fork of the zygote (`main(spec_path)`), or as `python -m mastic.worker.child SPEC` where a fresh
interpreter is needed: classic Spark, and modules that replace what the zygote has already imported.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import gc
import importlib
import json
import linecache
import os
import resource
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import CodeType, ModuleType, TracebackType
from typing import Any, cast

Spec = dict[str, Any]

set_blas_threads: Callable[[int], None] | None = None  # found by the zygote, once


def main(spec_path: str, gate: int | None = None) -> int:
    """Run the script of `spec_path`; the exit code. The report is on disk before the process ends.

    The script begins once the worker has written to `gate`, which it does when the server knows that the run has
    started: a run whose start is not on record may be given to another worker. None means that this has been seen.
    """
    spec: Spec = json.loads(Path(spec_path).read_text())
    me = os.getpid()
    report: dict[str, Any] = {}
    code = 1
    try:
        if spec.get("exec") and gate is not None:
            pass_gate(gate)
            # The same spec in another interpreter; session, parent and pipes stay as they are.
            os.execve(spec["exec"][0], spec["exec"], spec["env"])  # noqa: S606
        prepare(spec)
        if gate is not None:
            pass_gate(gate)
        code = execute(spec["argv"][0], report)
    except BaseException:
        traceback.print_exc()
        report |= {"kind": "internal", "message": f"the run could not be prepared: {sys.exc_info()[1]!r}"}
    finish(report)
    if os.getpid() == me:  # else a fork of the script that came back up here: its end is not the run's
        write_report(Path(spec["report"]), report | {"exit_code": code})
    return code


def pass_gate(gate: int) -> None:
    """Wait for the word to begin; without it (the worker has gone, or the run is not ours any more) leave."""
    word = os.read(gate, 1)
    os.close(gate)
    if not word:
        os._exit(1)


def prepare(spec: Spec) -> None:
    """Environment, limits, folders, streams and module path, before any line of the script."""
    os.environ.clear()
    os.environ.update(spec["env"])
    os.chdir(spec["cwd"])
    set_limits(spec)
    open_streams()
    # Overlays and libraries come first; the script's folder before them, as Python itself would have it.
    sys.path[:0] = [spec["cwd"], *spec["path"]]
    sys.argv[:] = spec["argv"]
    importlib.invalidate_caches()
    gc.enable()
    forget()
    use_processors(spec.get("processors") or [])
    if set_blas_threads:
        set_blas_threads(len(os.sched_getaffinity(0)))
    if spec.get("engine"):
        activate_engine(spec["engine"])


def set_limits(spec: Spec) -> None:
    """No core dumps, as many files as allowed, and a ceiling on private memory."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 65536), most))
    if spec.get("data_bytes"):
        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        wanted = spec["data_bytes"] + data_now()
        wanted = wanted if most == resource.RLIM_INFINITY else min(most, wanted)
        resource.setrlimit(resource.RLIMIT_DATA, (wanted, most))


def data_now() -> int:
    """What RLIMIT_DATA counts of this process already, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) * 1024
    return 0


def open_streams() -> None:
    """Fresh text streams on the run's pipes, written line by line; text that is not UTF-8 passes through."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", errors="surrogateescape", buffering=1, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr  # type: ignore[misc]


def forget() -> None:
    """State of the zygote no run may inherit. `random` reseeds itself after a fork; numpy's generator does not."""
    if numpy_random := sys.modules.get("numpy.random"):
        numpy_random.seed()
    if tempfile := sys.modules.get("tempfile"):
        tempfile.tempdir = None  # type: ignore[attr-defined]


def use_processors(processors: list[int]) -> None:
    """Keep to the processors the run's workers stand for, where there are fewer than the machine has."""
    if processors and hasattr(os, "sched_setaffinity"):
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, processors)


def find_blas() -> Callable[[int], None] | None:
    """How to tell numpy's BLAS its number of threads; the zygote loads it with one, so that it can fork."""
    try:
        maps = Path("/proc/self/maps").read_text()
    except OSError:
        return None
    library = next((line.split()[-1] for line in maps.splitlines() if "openblas" in line), None)
    if library is None:
        return None
    for name in ("scipy_openblas_set_num_threads64_", "openblas_set_num_threads64_", "openblas_set_num_threads"):
        with contextlib.suppress(AttributeError, OSError):
            return cast("Callable[[int], None]", getattr(ctypes.CDLL(library), name))
    return None


def activate_engine(config: dict[str, Any]) -> None:
    """Tell the engines what this run may use; nothing starts before the script asks for a session."""
    from mastic import engines

    buckets = config.pop("buckets")
    work_dir = Path(config.pop("work_dir"))
    engines.activate(engines.EngineConfig(**config, work_dir=work_dir, buckets=Path(buckets) if buckets else None))


def execute(script: str, report: dict[str, Any], failed: Callable[[BaseException], None] | None = None) -> int:
    """The script as `__main__`. Fills `report`; the exit code Python would have given. `failed` is told why it ended
    early, with a traceback that begins in the script."""
    try:
        code = load(script)
        module = ModuleType("__main__")
        module.__dict__.update(__file__=script, __builtins__=__builtins__, __loader__=None, __spec__=None)
        sys.modules["__main__"] = module
        exec(code, module.__dict__)  # noqa: S102 - running the user's script is what a job run is
    except SystemExit as end:
        if failed:
            failed(end.with_traceback(outside(end.__traceback__)))
        return exit_code(end, report)
    except BaseException as error:
        describe(error, script, report)
        show(error)
        if failed:
            failed(error)
        return 1
    report["kind"] = "returned"
    return 0


def load(script: str) -> CodeType:
    """The compiled script; its source is kept for tracebacks even if the script changes its folder."""
    raw = Path(script).read_bytes()
    linecache.getlines(script)
    return compile(raw, script, "exec", dont_inherit=True)


def exit_code(end: SystemExit, report: dict[str, Any]) -> int:
    """What `sys.exit(x)` means to the operating system; text goes to stderr, as Python does."""
    report["kind"] = "exit"
    if end.code is None:
        return 0
    if isinstance(end.code, int):
        frame = last_frame(end.__traceback__, sys.argv[0] if sys.argv else "")
        report |= {"line": frame[0], "source": frame[1]} if frame else {}
        return end.code & 0xFF
    report["message"] = str(end.code)
    print(end.code, file=sys.stderr)
    return 1


def describe(error: BaseException, script: str, report: dict[str, Any]) -> None:
    """The exception in the words of the failure record: type, message, and the script's own line."""
    report |= {"kind": "exception", "type": type(error).__name__, "message": str(error)[:8000]}
    if isinstance(error, SyntaxError) and error.filename == script:
        report |= {"line": error.lineno, "source": (error.text or "").strip(), "message": error.msg}
        return
    frame = last_frame(error.__traceback__, script)
    if frame:
        report |= {"line": frame[0], "source": frame[1]}


def last_frame(tb: TracebackType | None, script: str) -> tuple[int, str] | None:
    """The innermost frame that lies in the script itself: its line number and source."""
    frames = [f for f in traceback.extract_tb(tb) if f.filename == script and f.lineno]
    return (frames[-1].lineno or 0, frames[-1].line or "") if frames else None


def show(error: BaseException) -> None:
    """The traceback as Python prints it, without our own frames above the script."""
    tb = outside(error.__traceback__)
    with contextlib.suppress(Exception):
        sys.excepthook(type(error), error.with_traceback(tb), tb)


def outside(tb: TracebackType | None) -> TracebackType | None:
    """The traceback from the first frame that is not ours."""
    while tb is not None and tb.tb_frame.f_code.co_filename == __file__:
        tb = tb.tb_next
    return tb


def finish(report: dict[str, Any]) -> None:
    """What an interpreter does at its end: wait for threads, run exit handlers, flush; then the engine's summary."""
    with contextlib.suppress(BaseException):
        threading._shutdown()  # type: ignore[attr-defined]
    with contextlib.suppress(BaseException):
        from mastic import engines

        report["engine"] = engines.summary()
    with contextlib.suppress(BaseException):
        atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BaseException):
            stream.flush()


def write_report(path: Path, report: dict[str, Any]) -> None:
    """Whole or not at all."""
    with contextlib.suppress(OSError):
        aside = path.with_suffix(".part")
        aside.write_text(json.dumps(report))
        aside.replace(path)


if __name__ == "__main__":
    from mastic.worker import child

    os._exit(child.main(sys.argv[1]))

"""This process as a run should find it, and afterwards as the test had it."""

from __future__ import annotations

import contextlib
import gc
import io
import logging
import os
import signal
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

from mastic.worker.environment import QUIET_BLAS

SWALLOWED_SECONDS = 0.05


class RunEnded(BaseException):
    """Raised inside a script that is ordered to end: its run was stopped, or its Timeout has passed."""


class Captured(io.RawIOBase):
    """What a script writes: kept, shown to the test runner, and sent through a pipe to the run's log."""

    def __init__(self, pipe: int, shown: TextIO) -> None:
        self._pipe: int | None = pipe
        self._shown = shown
        self._kept = bytearray()

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        if self._pipe is None:
            raise OSError("the run has ended")
        return self._pipe

    def write(self, data: Any) -> int:
        raw = bytes(data)
        if self._pipe is not None:  # a thread that outlives its run writes to nobody
            self._kept += raw
            os.write(self._pipe, raw)
            self._shown.write(raw.decode(errors="replace"))
        return len(raw)

    def end(self) -> str:
        """Close the pipe; all that was written."""
        if self._pipe is not None:
            os.close(self._pipe)
        self._pipe = None
        return self._kept.decode(errors="replace")


@contextmanager
def importing() -> Iterator[None]:
    """A third of what a large import costs is the collector looking, again and again, at what is never garbage."""
    was_on = gc.isenabled()
    gc.disable()
    added = {name: value for name, value in QUIET_BLAS.items() if name not in os.environ}
    os.environ.update(added)
    try:
        with _unasked():
            yield
    finally:
        for name in added:
            os.environ.pop(name, None)
        gc.freeze()
        if was_on:
            gc.enable()


@contextmanager
def _unasked() -> Iterator[None]:
    """pytest looks, for 25 microseconds, whether it rewrites the assertions of a module: not those of libraries."""
    pytest = sys.modules.get("_pytest.assertion.rewrite")
    hooks = [each for each in sys.meta_path if isinstance(each, getattr(pytest, "AssertionRewritingHook", ()))]
    for hook in hooks:
        sys.meta_path.remove(hook)
    try:
        yield
    finally:
        sys.meta_path[:0] = hooks  # where pytest has put it


@contextmanager
def of_run(spec: dict[str, Any], argv: list[str], out: Captured, err: Captured) -> Iterator[None]:
    """Environment, folder, module path, arguments, streams and logging of a run, for the block."""
    with ExitStack() as stack:
        stack.enter_context(_environment(spec["env"]))
        stack.enter_context(contextlib.chdir(spec["cwd"]))
        stack.enter_context(_modules([spec["cwd"], *spec["path"]], argv))
        stack.enter_context(_temporary_files())
        stack.enter_context(contextlib.redirect_stdout(_text(out, "surrogateescape")))
        stack.enter_context(contextlib.redirect_stderr(_text(err, "backslashreplace")))
        stack.enter_context(_logging())
        stack.enter_context(_libraries())
        yield


@contextmanager
def interruptible(ended: Callable[[], bool]) -> Iterator[Callable[[], None]]:
    """Gives what ends the block's script from another thread; `ended` says whether that was really asked for."""
    lock, running = threading.Lock(), True
    thread = threading.get_ident()

    def end() -> None:
        with lock:
            if running and in_main:
                signal.pthread_kill(thread, signal.SIGTERM)  # as a worker does; a script may have a handler of its own

    def on_signal(number: int, frame: FrameType | None) -> None:
        if ended():
            raise RunEnded("the run was ordered to end")
        if callable(before):
            before(number, frame)
        elif before == signal.SIG_DFL:  # meant for the tests, not for the run
            signal.signal(number, before)
            signal.raise_signal(number)

    def on_swallowed(what: sys.UnraisableHookArgs) -> None:
        if isinstance(what.exc_value, RunEnded):  # raised while something was being finalized: Python drops it there
            threading.Timer(SWALLOWED_SECONDS, end).start()
        else:
            swallowed(what)

    in_main = threading.current_thread() is threading.main_thread()
    swallowed, sys.unraisablehook = sys.unraisablehook, on_swallowed
    before = signal.signal(signal.SIGTERM, on_signal) if in_main else None
    try:
        yield end
    finally:
        with lock:
            running = False
        sys.unraisablehook = swallowed
        if in_main:
            signal.signal(signal.SIGTERM, before)


@contextmanager
def _environment(wanted: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    _set_environment(wanted)
    try:
        yield
    finally:
        _set_environment(before)


def _set_environment(wanted: dict[str, str]) -> None:
    # Only what differs: threads of native libraries read the environment while we write.
    for name in [name for name in os.environ if name not in wanted]:
        del os.environ[name]
    for name, value in wanted.items():
        if os.environ.get(name) != value:
            os.environ[name] = value


@contextmanager
def _modules(folders: list[str], argv: list[str]) -> Iterator[None]:
    """The run's module path and `sys.argv`; what was imported from the run's folders is forgotten afterwards."""
    path, arguments, main, known = sys.path[:], sys.argv[:], sys.modules["__main__"], set(sys.modules)
    sys.path[:0], sys.argv[:] = folders, argv
    try:
        yield
    finally:
        sys.path[:], sys.argv[:], sys.modules["__main__"] = path, arguments, main
        for name in set(sys.modules) - known:
            file = getattr(sys.modules[name], "__file__", None) or ""
            if any(Path(file).is_relative_to(folder) for folder in folders):
                del sys.modules[name]
        for folder in folders:
            sys.path_importer_cache.pop(folder, None)


@contextmanager
def _temporary_files() -> Iterator[None]:
    before, tempfile.tempdir = tempfile.tempdir, None
    try:
        yield
    finally:
        tempfile.tempdir = before


@contextmanager
def _logging() -> Iterator[None]:
    """Loggers are as before after the block, and `basicConfig` does what it does where nobody else has configured."""
    root = logging.getLogger()
    before = {logger: (logger.handlers[:], logger.level, logger.propagate) for logger in _loggers()}
    theirs = root.handlers[:]  # the test runner's
    configure = logging.basicConfig

    def basic_config(**options: Any) -> None:
        root.handlers[:] = [handler for handler in root.handlers if handler not in theirs]
        try:
            configure(**options)
        finally:
            root.handlers += theirs

    logging.basicConfig = basic_config
    logging.getLogger("mastic").propagate = False  # our worker is in this process; its log is not the script's
    try:
        yield
    finally:
        logging.basicConfig = configure
        for logger in _loggers():
            logger.handlers[:], level, logger.propagate = before.get(logger, ([], logging.NOTSET, True))
            logger.setLevel(level)


def _loggers() -> list[logging.Logger]:
    named = [logger for logger in logging.root.manager.loggerDict.values() if isinstance(logger, logging.Logger)]
    return [logging.getLogger(), *named]


@contextmanager
def _libraries() -> Iterator[None]:
    """What libraries keep for the process and a run must not find or leave: AWS sessions, jobs, bookmarks, hooks."""
    import boto3

    session, hook = boto3.DEFAULT_SESSION, sys.excepthook
    forget_job()
    try:
        with warnings.catch_warnings():
            yield
    finally:
        boto3.DEFAULT_SESSION, sys.excepthook = session, hook
        forget_job()


def forget_job() -> None:
    """awsglue keeps one job per process, as AWS does."""
    if job := sys.modules.get("awsglue.job"):
        job.Job._job_name = None
    if bookmarks := sys.modules.get("awsglue._bookmarks"):
        bookmarks._current = None  # type: ignore[attr-defined]


def _text(raw: Captured, errors: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding="utf-8", errors=errors, line_buffering=True)

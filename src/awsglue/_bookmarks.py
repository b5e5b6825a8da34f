"""What this job has already read, per transformation_ctx. AWS page: Tracking Processed Data Using Job Bookmarks.

S3 sources remember the latest modification time they processed and the list of files within the last `maxBand`
before it: listings have whole seconds, and a file may appear late. States are committed together by Job.commit;
a run that dies before leaves them as they were.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from awsglue import _run_api
from awsglue._files import File

BAND_MS = 900_000
State = dict[str, Any]


class Bookmarks:
    """One run's view: the states it started from, and those it would commit."""

    def __init__(self, bookmark: _run_api.Bookmark) -> None:
        self._version = bookmark.version
        self._commits = bookmark.option == "job-bookmark-enable"
        self._start = bookmark.state if bookmark.lower is None else bookmark.lower
        self._upper = bookmark.upper
        self._next: State = dict(bookmark.state)

    def unread(self, ctx: str, files: list[File], options: dict[str, Any] | None = None) -> list[File]:
        """The files this source has not processed yet; they count as processed once the job commits."""
        options = options or {}
        band_ms = int(options.get("maxBand") or BAND_MS)
        new = [file for file in files if _is_new(file, self._start.get(ctx), band_ms)]
        if self._upper is not None:
            new = [file for file in new if not _is_new(file, self._upper.get(ctx), band_ms)]
        new = bounded(new, options)
        self._next[ctx] = _advanced(self._next.get(ctx), new, band_ms)
        return new

    def value(self, ctx: str) -> State | None:
        """The committed state of a source that is not files (JDBC keys)."""
        return self._start.get(ctx)

    def upper(self, ctx: str) -> State | None:
        """Where a paused range ends for such a source; None where it goes on to what there is now."""
        return None if self._upper is None else self._upper.get(ctx)

    def ends_before(self, ctx: str) -> bool:
        """Whether a paused range ends before the source was ever read."""
        return self._upper is not None and ctx not in self._upper

    def set_value(self, ctx: str, state: State) -> None:
        """The state such a source would commit."""
        self._next[ctx] = state

    def commit(self) -> None:
        """Save every source's state at once. Raises ConflictError when another run committed first."""
        if self._commits:
            self._version = _run_api.put_bookmark(self._version, self._next)


def bounded(files: list[File], options: dict[str, Any]) -> list[File]:
    """At most `boundedFiles` files and `boundedSize` bytes, the oldest first; the rest waits for a later run."""
    most, bytes_left = _bound(options, "boundedFiles"), _bound(options, "boundedSize")
    if not most and not bytes_left:
        return files
    ordered = sorted(files, key=lambda file: (file.modified_ms, file.path))
    if most:
        ordered = ordered[:most]
    if bytes_left:
        ordered = list(_up_to(ordered, bytes_left))
    return ordered


def _bound(options: dict[str, Any], name: str) -> int:
    text = str(options.get(name) or 0).strip()
    if not text.isdecimal():
        raise ValueError(f"{name} is {options[name]!r}; it must be a whole number")
    return int(text)


def _up_to(files: Iterable[File], size: int) -> Iterable[File]:
    for index, file in enumerate(files):
        # One file always: a bound below the first file's size must not stop the job for ever.
        if file.size > size and index:
            return
        size -= file.size
        yield file


def _is_new(file: File, state: State | None, band_ms: int) -> bool:
    if state is None or file.modified_ms > state["until_ms"]:
        return True
    if file.modified_ms <= state["until_ms"] - band_ms:
        return False
    return [file.path, file.modified_ms] not in state["recent"]


def _advanced(state: State | None, files: list[File], band_ms: int) -> State:
    recent = list((state or {}).get("recent", [])) + [[file.path, file.modified_ms] for file in files]
    until_ms = max([(state or {}).get("until_ms", 0), *(file.modified_ms for file in files)])
    kept = [entry for entry in recent if entry[1] > until_ms - band_ms]
    return {"type": "s3", "until_ms": until_ms, "recent": kept}


_current: Bookmarks | None = None


def start() -> None:
    """Load this run's bookmark, if it has one and it is on. Job.init calls it."""
    global _current
    bookmark = _run_api.get_bookmark()
    off = bookmark is None or bookmark.option == "job-bookmark-disable"
    _current = None if off or bookmark is None else Bookmarks(bookmark)


def current() -> Bookmarks | None:
    """This run's bookmarks; None before Job.init and where they are off."""
    return _current

"""What this process's engines did: plan counts for the run's report, warnings for its log and its notes."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

_said: set[str] = set()
_source: Callable[[], dict[str, Any]] | None = None


def count_with(source: Callable[[], dict[str, Any]]) -> None:
    """Name who knows the plan counts."""
    global _source
    _source = source


@contextlib.contextmanager
def afresh(source: Callable[[], dict[str, Any]]) -> Iterator[None]:
    """For the block, as if nothing had been said yet, with plan counts from `source`."""
    global _source, _said
    before = _source, _said
    _source, _said = source, set()
    try:
        yield
    finally:
        _source, _said = before


def summary() -> dict[str, Any]:
    """Plan counts per engine; zeros when no session was opened."""
    return _source() if _source else {"sail": 0, "spark": 0, "reasons": {}}


def warn(message: str) -> None:
    """Tell the user, once, in the error log and as a note on the run."""
    if message in _said:
        return
    _said.add(message)
    print(f"WARN Mastic: {message}", file=sys.stderr)
    api, token = os.environ.get("MASTIC_RUN_API"), os.environ.get("MASTIC_RUN_TOKEN")
    if not api or not token:
        return
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    body = json.dumps({"notes": [message]}).encode()
    request = urllib.request.Request(f"{api}/notes", body, headers)  # noqa: S310 - our own server's address
    # A note is a courtesy: the run does not fail for it.
    with contextlib.suppress(OSError):
        urllib.request.urlopen(request, timeout=2).close()  # noqa: S310


def tell(message: str) -> None:
    """Tell the user in the error log."""
    print(f"INFO Mastic: {message}", file=sys.stderr)

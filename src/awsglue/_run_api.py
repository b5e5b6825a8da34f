"""The few things a run tells the service that started it, beyond AWS's public API.

Found by MASTIC_RUN_API and MASTIC_RUN_TOKEN; absent (as on AWS), there are no bookmarks.
"""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

TIMEOUT_SECONDS = 30


class ConflictError(RuntimeError):
    """Another run committed first, or this run has lost its lease."""


@dataclass(frozen=True)
class Bookmark:
    """A job's bookmark as the service has it. `lower` and `upper` are the states of a paused range, when asked for."""

    version: int
    option: str
    state: dict[str, Any]
    lower: dict[str, Any] | None = None
    upper: dict[str, Any] | None = None


def get_bookmark() -> Bookmark | None:
    """This run's bookmark; None outside a run."""
    answer = _call("GET", None)
    if answer is None:
        return None
    return Bookmark(
        version=answer["version"],
        option=answer.get("option") or "job-bookmark-disable",
        state=answer.get("state") or {},
        lower=_range_state(answer.get("from")),
        upper=_range_state(answer.get("to")),
    )


def put_bookmark(expected_version: int, state: dict[str, Any]) -> int:
    """Commit a new state; returns its version. Raises ConflictError when another run committed first."""
    answer = _call("PUT", {"expected_version": expected_version, "state": state})
    assert answer is not None
    return int(answer["version"])


def _range_state(value: Any) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None


def _call(method: str, body: dict[str, Any] | None) -> dict[str, Any] | None:
    base = os.environ.get("MASTIC_RUN_API")
    if not base:
        return None
    headers = {"Content-Type": "application/json"}
    if token := os.environ.get("MASTIC_RUN_TOKEN"):
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{base}/bookmark", data, headers, method=method)  # noqa: S310 - our own service
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310
            answer: dict[str, Any] = json.load(response)
            return answer
    except urllib.error.HTTPError as error:
        message = error.read().decode(errors="replace")
        if error.code == 409:
            raise ConflictError(f"the bookmark was not committed, another run was first: {message}") from error
        raise RuntimeError(f"the run API answered {error.code} to {method} bookmark: {message}") from error

"""For people who test their jobs: a pytest plugin and its helpers. See docs/testing.md."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mastic.testing.compare import assert_frames_equal
    from mastic.testing.fixture import Mastic
    from mastic.testing.result import JobRunError, Result

__all__ = ["JobRunError", "Mastic", "Result", "assert_frames_equal"]

_HOMES = {"JobRunError": "result", "Mastic": "fixture", "Result": "result", "assert_frames_equal": "compare"}


def __getattr__(name: str) -> Any:
    """Imported when used: pytest imports this package in every project."""
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"mastic.testing.{_HOMES[name]}"), name)

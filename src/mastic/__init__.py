"""Mastic: an open, self-hosted AWS Glue."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

__version__ = "0.1.0"
# Here because the pytest plugin offers them too, and may import nothing of ours in a project that does not use it.
ENGINES = ("auto", "sail", "spark", "classic")


# Of the pytest plugin: gives engines to a session that a test, or a fixture of its own, opens by itself.
open_engines: Callable[[], None] = lambda: None  # noqa: E731

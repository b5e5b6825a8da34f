"""Mastic's time in a test: it stands still until the test moves it, and what is due then has happened at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from mastic.clock import ManualClock


class Clock(ManualClock):
    """Starts at the real time, so that objects and runs are of one age."""

    def __init__(self) -> None:
        super().__init__(datetime.now(UTC).replace(microsecond=0))
        self.moved: Callable[[timedelta], None] = lambda step: None

    def advance(self, step: timedelta | None = None, **parts: float) -> None:
        """Move forward: `advance(timedelta(days=1))` or `advance(hours=2, minutes=5)`. Raises ValueError backwards."""
        step = (step or timedelta()) + timedelta(**parts)
        if step < timedelta():
            raise ValueError(f"time goes forward only; {step} would take it back")
        super().advance(step)
        self.moved(step)

    def set(self, moment: datetime) -> None:
        """Move forward to a moment; without a time zone it is UTC. Raises ValueError for one that has passed."""
        self.advance((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - self.now())

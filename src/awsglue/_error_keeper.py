"""What a DynamicFrame knows of the records that failed on the way to it, and how many may have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from awsglue._errors import ErrorSource


class ErrorKeeper:
    """The error records of a stage and of those before it, and the thresholds that hold."""

    def __init__(
        self, earlier: Sequence[ErrorSource], stage: Sequence[ErrorSource], thresholds: tuple[int, int]
    ) -> None:
        self._earlier_errors = tuple(earlier)
        self._stage_errors = tuple(stage)
        self._thresholds = _threshold("stageThreshold", thresholds[0]), _threshold("totalThreshold", thresholds[1])
        self._watched: tuple[ErrorKeeper, ...] = ()  # earlier stages whose thresholds hold here too
        self._error_count: int | None = None

    @property
    def _all_errors(self) -> tuple[ErrorSource, ...]:
        return (*self._earlier_errors, *self._stage_errors)

    @property
    def _guards(self) -> tuple[ErrorKeeper, ...]:
        """The stages up to this one that have thresholds."""
        return (*self._watched, self) if any(self._thresholds) else self._watched

    def _add_errors_of(self, other: ErrorKeeper) -> None:
        # Frames that part and meet again have their errors in common: each is counted once.
        here = set(map(id, self._all_errors))
        self._earlier_errors += tuple(error for error in other._all_errors if id(error) not in here)
        self._watched += other._guards

    def errorsCount(self) -> int:
        """The number of error records of every transform up to here."""
        if self._error_count is None:
            self._error_count = _count(self._all_errors)
        return self._error_count

    def stageErrorsCount(self) -> int:
        """The number of error records of the last transform."""
        return _count(self._stage_errors)

    def assertErrorThreshold(self) -> None:
        """Raise RuntimeError when a stage up to here has more error records than its thresholds allow; 0 allows any."""
        for stage in self._guards:
            stage._assert_own_thresholds()

    def _assert_own_thresholds(self) -> None:
        stage, total = self._thresholds
        if stage and (found := self.stageErrorsCount()) >= stage:
            raise RuntimeError(f"{found} error records in this transform reach its stageThreshold of {stage}")
        if total and (found := self.errorsCount()) >= total:
            raise RuntimeError(f"{found} error records up to this transform reach its totalThreshold of {total}")


def _threshold(name: str, value: Any) -> int:
    if value is None:
        return 0
    if not isinstance(value, int) or value < 0:
        raise ValueError(f"{name} is {value!r}; it must be a whole number, and 0 for no limit")
    return value


def _count(sources: Sequence[ErrorSource]) -> int:
    return sum(source.frame.count() for source in sources)

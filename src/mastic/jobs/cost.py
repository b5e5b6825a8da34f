"""What a run would have cost on AWS: DPU-hours times the price in the settings, one minute at least."""

from __future__ import annotations

from dataclasses import dataclass

from mastic.jobs.capacity import Capacity
from mastic.settings import Settings

MINIMUM_BILLED_SECONDS = 60.0


@dataclass(frozen=True)
class Cost:
    """`dpu_hours` are what AWS would bill; `amount` is in `currency`."""

    dpu_hours: float
    amount: float
    currency: str


def cost(settings: Settings, capacity: Capacity, execution_class: str | None, execution_seconds: float) -> Cost:
    """The cost of one attempt. A run that never executed costs nothing."""
    billed_seconds = max(execution_seconds, MINIMUM_BILLED_SECONDS) if execution_seconds > 0 else 0.0
    dpu_hours = capacity.dpus * billed_seconds / 3600
    amount = dpu_hours * _price(settings, capacity, execution_class)
    return Cost(round(dpu_hours, 6), round(amount, 6), settings.currency)


def _price(settings: Settings, capacity: Capacity, execution_class: str | None) -> float:
    if execution_class == "FLEX":
        return settings.flex_dpu_hour_price
    return settings.m_dpu_hour_price if capacity.memory_optimised else settings.dpu_hour_price

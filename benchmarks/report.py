"""How every benchmark prints: the machine, a table, and ratios."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from pathlib import Path


def machine() -> str:
    """One line about where the numbers come from."""
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.machine(),
    )
    return f"{os.cpu_count()} cores ({model}), {memory_gb:.0f} GB, Python {platform.python_version()}"


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a Markdown table, aligned, so that it can be pasted into an issue."""
    widths = [max(len(str(row[i])) for row in [columns, *rows]) for i in range(len(columns))]
    print(f"\n{title}")
    print("| " + " | ".join(c.ljust(w) for c, w in zip(columns, widths, strict=True)) + " |")
    print("|" + "|".join("-" * (w + 2) for w in widths) + "|")
    for row in rows:
        print("| " + " | ".join(str(c).ljust(w) for c, w in zip(row, widths, strict=True)) + " |")


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile; `share` is 0 to 1."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered) + 0.5) - 1))]


def spread(values: Sequence[float]) -> str:
    """`1.23 s (1.10 to 1.40)`: median, minimum and maximum."""
    return f"{statistics.median(values):.2f} s ({min(values):.2f} to {max(values):.2f})"


def verdict(measured: float, goal: float, *, at_most: bool) -> str:
    """Whether a goal is met, in words."""
    met = measured <= goal if at_most else measured >= goal
    return f"{'met' if met else 'MISSED'} ({'at most' if at_most else 'at least'} {goal:g})"

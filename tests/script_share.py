"""Pytest plugin: the share of the scripts' plans that ran on Sail, printed at the end of `pytest tests/scripts`."""

from __future__ import annotations

from collections import Counter
from typing import Any

PROPERTY = "plans"


def pytest_addoption(parser: Any) -> None:
    """`--script-engines auto` while writing a script; a test compares what all named engines leave."""
    parser.addoption("--script-engines", default="auto,spark", help="engines that tests/scripts run on")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line per script, the reasons of plans that went to Spark, and the total."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, [])]
    found = [value for report in reports for name, value in report.user_properties if name == PROPERTY]
    found = sorted({plans["script"]: plans for plans in found}.values(), key=lambda plans: plans["script"])
    if not found:
        return
    terminalreporter.section("plans of the scripts on --mastic-engine auto")
    for line in lines(found):
        terminalreporter.write_line(line)


def plans_of(name: str, runs: list[dict[str, Any]], notes: list[str]) -> dict[str, Any]:
    """What the runs of one script on `auto` report, added up."""
    reasons: Counter[str] = Counter()
    for run in runs:
        reasons.update(run.get("reasons") or {})
    return {
        "script": name,
        "sail": sum(int(run.get("sail") or 0) for run in runs),
        "spark": sum(int(run.get("spark") or 0) for run in runs),
        "reasons": dict(reasons),
        "classic": next((note for note in notes if "classic Spark driver" in note), ""),
    }


def lines(found: list[dict[str, Any]]) -> list[str]:
    """The report."""
    width = max(len(plans["script"]) for plans in found)
    out = []
    for plans in found:
        counts = f"sail {plans['sail']:3}  spark {plans['spark']:3}"
        why = plans["classic"] or ", ".join(f"{reason} ({count})" for reason, count in plans["reasons"].items())
        out.append(f"{plans['script']:{width}}  {counts}  {why}".rstrip())
    sail, spark = sum(plans["sail"] for plans in found), sum(plans["spark"] for plans in found)
    classic = sum(bool(plans["classic"]) for plans in found)
    share = f"{100 * sail / (sail + spark):.1f} %" if sail + spark else "none"
    out.append(f"{len(found)} scripts, {sail + spark} plans: {sail} on Sail ({share}), {spark} on Spark;")
    out.append(f"{classic} of the scripts ran whole on a classic driver (RDDs, JVM): their plans are Spark's")
    return out

"""How long does `pytest` take for one job's test in a user's project? `python -m benchmarks.testing`.

Start to finish: a new process each time, files in the page cache, the example project's test of its Spark job and one
of a Python shell job, with the plugins a user has (none but ours). From the second run on, a process waits with
everything imported (`mastic_warm = true`); the first run's time, which the goal is for, is also that without it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.report import machine, spread, table, verdict

RUNS = 10
GOAL_SECONDS = 2.0
EXAMPLE = Path(__file__).parents[1] / "examples" / "testing"
SHELL_TEST = """
def test_report(mastic):
    mastic.s3.create_bucket(Bucket="out")
    mastic.run_script("report.py", command="pythonshell")
    assert mastic.s3.get_object(Bucket="out", Key="k")["Body"].read() == b"1"
"""
SHELL_JOB = "import boto3\nboto3.client('s3').put_object(Bucket='out', Key='k', Body=b'1')\n"
EMPTY_TEST = "def test_nothing():\n    pass\n"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory(prefix="mastic-bench-") as name:
        folder = Path(name)
        (folder / "report.py").write_text(SHELL_JOB)
        (folder / "test_report.py").write_text(SHELL_TEST)
        (folder / "test_empty.py").write_text(EMPTY_TEST)
        tests = {
            "one test of a Spark job": (EXAMPLE, ["-k", "reach_the_lake"]),
            "all six of the example": (EXAMPLE, []),
            "one test of a Python shell job": (folder, ["test_report.py"]),
        }
        rows = [row(name, *test, runs) for name, test in tests.items()]
        empty = seconds(folder, ["test_empty.py"], runs)
    print(machine())
    table(
        "`pytest`, start to finish",
        ["tests", "runs", "first run", "from the second on", "goal"],
        [*rows, ["an empty test (pytest itself)", str(runs), spread(empty), "", ""]],
    )


def row(name: str, folder: Path, arguments: list[str], runs: int) -> list[str]:
    """First runs, and those that a process waited for."""
    cold, warm = seconds(folder, arguments, runs), seconds(folder, arguments, runs, warm=True)
    goal = verdict(statistics.median(cold), GOAL_SECONDS, at_most=True) if name.startswith("one test") else ""
    return [name, str(runs), spread(cold), spread(warm), goal]


def seconds(folder: Path, arguments: list[str], runs: int, *, warm: bool = False) -> list[float]:
    """The time of each run, after one that is not counted."""
    with tempfile.TemporaryDirectory(prefix="mastic-") as temporary:
        return _seconds(folder, [*arguments, "-o", f"mastic_warm={warm}"], runs, temporary, warm=warm)


def _seconds(folder: Path, arguments: list[str], runs: int, temporary: str, *, warm: bool) -> list[float]:
    # Plugins of our own environment are not a user's; bytecode is on disk, as after any first run.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "TMPDIR": temporary, "CI": ""}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "mastic.testing.plugin",
        *arguments,
    ]
    found = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        found.append(time.perf_counter() - began)
        if done.returncode:
            raise SystemExit(done.stdout + done.stderr)
        while warm and not [*Path(temporary).glob("mastic-warm-*/*/socket")]:
            time.sleep(0.1)
    return found[1:]


if __name__ == "__main__":
    main()

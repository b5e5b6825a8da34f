"""The demo, as the README shows it: real data, two engines' worth of work, bookmarks, a report."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.dataset as ds
import pytest

# Facts of the data set, counted with pandas: flights that left (`dep_delay` is not NA), and those of December.
FLOWN = 328_521
FLOWN_IN_DECEMBER = 27_110


@pytest.mark.slow
def test_the_demo_runs_start_to_finish(tmp_path: Path) -> None:
    home = tmp_path / "home"
    command = [sys.executable, "-m", "mastic.cli.main", "demo", "--home", str(home)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=280, env=dict(os.environ))
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.count("SUCCEEDED") == 3
    assert "Frontier Airlines" in result.stdout
    lake = home / "buckets" / "flights-lake"
    flights = ds.dataset(lake / "flights", format="parquet", partitioning="hive")
    assert flights.count_rows() == FLOWN
    # Bookmarks: the second run read December only, so every month is there exactly once.
    assert flights.count_rows(filter=pc.field("month") == 12) == FLOWN_IN_DECEMBER
    report = (lake / "report" / "worst_delays.csv").read_text().splitlines()
    assert len(report) == 11
    assert report[1].startswith("LGA,F9,Frontier Airlines Inc.,682,12,20.22")
    runs = subprocess.run(
        [sys.executable, "-m", "mastic.cli.main", "doctor", "--home", str(home), "--json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    server = next(check for check in json.loads(runs.stdout) if check["name"] == "server")
    assert "not running" in server["found"]  # nothing is left behind

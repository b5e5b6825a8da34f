"""A few random programs on both engines, always the same ones; `fuzz.py` runs others for as long as it is given."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import fuzz
import fuzz_text
from harness import Engines, spark_python, start_sail, start_spark

pytestmark = pytest.mark.spark
SECONDS = 15


def test_random_programs_agree(tmp_path: Path) -> None:
    if spark_python() is None:
        pytest.skip("no Spark runtime: set MASTIC_RUNTIMES")
    process, spark = start_spark(tmp_path)
    server, sail = start_sail()
    try:
        made = fuzz.Fuzz(Engines(sail, spark, server), tmp_path)
        failures = {}
        number, deadline = 0, time.monotonic() + SECONDS
        while time.monotonic() < deadline and number < 120:
            program = made.program(number)
            failure = made.difference(program)
            if failure:
                failures[number] = (fuzz_text.text(program), failure)
            number += 1
    finally:
        process.kill()
        process.wait()
        server.stop()
    assert failures == {}
    assert made.counts["compared"] > 0

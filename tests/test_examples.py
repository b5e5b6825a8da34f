"""The example projects pass their own tests, as their READMEs say."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.mark.xdist_group("testing")
def test_the_testing_example(tmp_path: Path) -> None:
    project = shutil.copytree(EXAMPLES / "testing", tmp_path / "testing")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PYTEST_"))}
    # Pinned: this example shows what is fast, so nothing in it may need Spark.
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--mastic-engine=sail"]
    environment["CI"] = "true"  # else a process would wait for the next run
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 passed" in done.stdout

"""`mastic_warm = true`: the second pytest runs in a process that waited for it; only its speed tells."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("testing")

TEST = """
import os, sys
from mastic.testing import warm

def test_where(mastic):
    print("warm" if warm.is_here else "cold")

def test_a_job(mastic):
    mastic.put("s3://raw/orders.csv", "id,status\\n1,paid\\n2,open\\n")
    assert mastic.run_script("job.py").stdout == "2 orders\\n"
"""
JOB = """
from awsglue.context import GlueContext
from pyspark.context import SparkContext

spark = GlueContext(SparkContext.getOrCreate()).spark_session
print(spark.read.csv("s3://raw/orders.csv", header=True).count(), "orders")
"""


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    """Of a user at a terminal; whatever waits at the end of the test goes."""
    folder = tempfile.mkdtemp(prefix="w", dir="/tmp")  # short: the address of a socket may not be long
    kept = {k: v for k, v in os.environ.items() if k != "CI" and not k.startswith(("AWS_", "PYTEST_"))}
    yield kept | {"TMPDIR": folder}
    wait_for(lambda: _gone(folder))  # what waits may still write there until it ends


def _gone(folder: str) -> bool:
    shutil.rmtree(folder, ignore_errors=True)
    return not Path(folder).exists()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\nmastic_warm = true\n")
    (tmp_path / "test_it.py").write_text(TEST)
    (tmp_path / "job.py").write_text(JOB)
    return tmp_path


def command(*options: str) -> list[str]:
    return [str(Path(sys.executable).with_name("pytest")), "-q", "-s", "-p", "no:cacheprovider", *options]


def run(project: Path, environment: dict[str, str], *options: str) -> str:
    done = subprocess.run(
        command(*options), cwd=project, env=environment, capture_output=True, text=True, timeout=120
    )  # fmt: skip
    return f"{done.returncode} {done.stdout}{done.stderr}"


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


def warmed(project: Path, environment: dict[str, str]) -> None:
    """A first run, and until a process waits."""
    assert run(project, environment, "-k", "where").startswith("0 cold")
    wait_for(lambda: [*Path(environment["TMPDIR"]).glob("mastic-warm-*/*/socket")])


def test_the_second_run_is_warm(project: Path, environment: dict[str, str]) -> None:
    warmed(project, environment)
    (project / "test_new.py").write_text("""
import os, sys
def test_it(mastic, capfd):
    assert os.environ["MINE"] == "1"
    assert os.getcwd() == os.path.dirname(__file__) and "-k" not in sys.argv
    assert not sys.stdout.isatty()
    print("said")
    os.system("echo aloud")
    assert capfd.readouterr().out == "said\\naloud\\n"
    os.write(2, b"to stderr\\n")
    assert False, "as it should"
""")
    found = run(project, {**environment, "MINE": "1"})
    assert found.startswith("1 warm\n")
    assert "1 failed, 2 passed" in found and "AssertionError: as it should" in found and "to stderr" in found
    assert "Warning" not in found
    assert run(project, environment, "-k", "nothing_matches").startswith("5 ")
    # What is not a copy of this process is not used: another Python setting, no wish for it, a tracer, CI.
    where = ("-k", "where")
    assert run(project, {**environment, "PYTHONHASHSEED": "1"}, *where).startswith("0 cold")
    assert run(project, environment, "-o", "mastic_warm=false", *where).startswith("0 cold")
    assert run(project, {**environment, "CI": "true"}, *where).startswith("0 cold")
    assert run(project, environment, *where).startswith("0 warm")
    (project / "click.py").write_text("")  # a module of the project that has the name of one of ours
    assert run(project, environment, *where).startswith("0 cold")


def test_signals_and_the_terminal_are_the_tests_own(project: Path, environment: dict[str, str]) -> None:
    warmed(project, environment)
    (project / "test_it.py").write_text("""
import os, time
from pathlib import Path
def test_a_sleep(mastic):
    Path("pid").write_text(str(os.getpid()))
    time.sleep(100)
def test_a_breakpoint(mastic):
    answer = 40
    breakpoint()
""")
    pid = project / "pid"

    def begin() -> subprocess.Popen[str]:
        pid.unlink(missing_ok=True)
        found = subprocess.Popen(
            command("-k", "sleep"), cwd=project, env=environment, stdout=subprocess.PIPE, text=True
        )  # fmt: skip
        wait_for(lambda: pid.exists() and pid.read_text())
        assert int(pid.read_text()) != found.pid
        return found

    interrupted = begin()
    interrupted.send_signal(signal.SIGINT)
    assert "KeyboardInterrupt" in interrupted.communicate(timeout=30)[0]
    assert interrupted.returncode == 2

    killed = begin()
    killed.kill()
    killed.wait()
    wait_for(lambda: not Path(f"/proc/{pid.read_text()}").exists())

    died = begin()
    os.kill(int(pid.read_text()), signal.SIGSEGV)
    assert died.wait(30) == -signal.SIGSEGV

    spawn = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
    terminal = subprocess.run(
        [sys.executable, "-c", spawn, *command("-k", "breakpoint")],
        cwd=project, env=environment, input="p answer + 2\nc\n", capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert terminal.returncode == 0, terminal.stdout
    assert "\n42" in terminal.stdout.replace("\r", "") and "1 passed" in terminal.stdout

"""Whatever a script does, its run ends in one right state, with a message that says what happened."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from live import Live, wait_for

SLEEPERS = [f"sleep 300.{os.getpid()}", f"sleep 301.{os.getpid()}"]  # nobody else's
FORKS = f"""
import os, subprocess, sys, time
for _ in range(3):
    if os.fork() == 0:
        time.sleep(300)
if os.fork() == 0:                      # leaves the session without an exec
    os.setsid()
    if os.fork() == 0:
        time.sleep(300)
    os._exit(0)
subprocess.Popen({SLEEPERS[0].split()}, start_new_session=True)
subprocess.Popen({SLEEPERS[1].split()}, start_new_session=True, env={{}})
print("parent done", flush=True)
"""


def test_missing_script(live: Live) -> None:
    name = live.create_job(None)
    run = live.wait(name, live.start_run(name))
    assert run.state == "FAILED"
    assert f"s3://scripts/{name}.py" in run.error
    assert "Command.ScriptLocation" in run.error


def test_syntax_error(live: Live) -> None:
    run = live.run("x = 1\nprint((x)\n")
    assert run.state == "FAILED"
    assert "SyntaxError: '(' was never closed" in run.error
    assert "line 2: print((x)" in run.error


def test_exception_names_the_scripts_line(live: Live) -> None:
    run = live.run("import json\n\ndef load(text):\n    return json.loads(text)\n\nload('{')\n")
    assert run.state == "FAILED"
    assert run.error.startswith("JSONDecodeError: Expecting property name")
    assert "line 4: return json.loads(text)" in run.error
    assert run.details["exit_code"] == 1
    assert "Traceback (most recent call last):" in run.tail
    assert not any("mastic/worker" in line for line in run.tail)


def test_missing_module_says_how_to_add_it(live: Live) -> None:
    run = live.run("import not_a_module_anywhere")
    assert "ModuleNotFoundError: No module named 'not_a_module_anywhere'" in run.error
    assert "--additional-python-modules" in run.error


@pytest.mark.parametrize(
    ("script", "state", "text"),
    [
        ("import sys\nsys.exit(3)", "FAILED", "exit code 3"),
        ("import sys\nsys.exit('not today')", "FAILED", "exit code 1: not today"),
        ("import sys\nsys.exit(0)", "SUCCEEDED", ""),
        ("import sys\nsys.exit()", "SUCCEEDED", ""),
        ("import os\nos._exit(4)", "FAILED", "exit code 4 without an exception"),
        ("import os\nos._exit(0)", "SUCCEEDED", ""),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)", "FAILED", "crashed (SIGSEGV)"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "FAILED", "killed (SIGKILL)"),
        ("raise KeyboardInterrupt", "FAILED", "KeyboardInterrupt"),
    ],
)
def test_endings(live: Live, script: str, state: str, text: str) -> None:
    run = live.run(script)
    assert (run.state, text in run.error) == (state, True), run.error


def test_memory_is_bounded_by_the_capacity(live: Live) -> None:
    run = live.run("held = []\nwhile True:\n    held.append(bytearray(10_000_000))\n")
    assert run.state == "FAILED"
    assert "emory" in run.error
    assert "1024 MiB" in run.error
    assert "WorkerType" in run.error
    assert 500 < run.details["peak_memory_mb"] < 1700


def test_memory_is_bounded_without_kernel_groups(tmp_path: Path) -> None:
    live = Live(tmp_path / "home", MASTIC_WORKER_MEMORY_GROUPS="false").start()
    try:
        run = live.run(
            "import time\nheld = []\nwhile True:\n    held.append(bytearray(10_000_000))\n    time.sleep(0.002)\n"
        )
        assert run.state == "FAILED"
        assert "1024 MiB" in run.error
        assert 500 < run.details["peak_memory_mb"] < 3500
    finally:
        live.close()


def test_children_do_not_outlive_the_run(live: Live) -> None:
    job = live.create_job(FORKS, ExecutionProperty={"MaxConcurrentRuns": 8})
    runs = [live.wait(job, run_id) for run_id in [live.start_run(job) for _ in range(8)]]  # a busy worker is late
    assert {run.state for run in runs} == {"SUCCEEDED"}
    assert all(run.tail == ["parent done"] for run in runs)
    wait_for(lambda: not sleepers(), 5, "the script's children to end", lambda: str(sleepers()))


def sleepers() -> list[str]:
    """The `sleep` commands of FORKS that still live."""
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if line in SLEEPERS]


def test_a_fork_that_comes_back_up_is_not_the_run(live: Live) -> None:
    run = live.run("import os, sys\nif os.fork() == 0:\n    raise ValueError('in the child')\nos.wait()\nprint('fine')")
    assert run.state == "SUCCEEDED"
    assert "fine" in run.tail
    assert "ValueError: in the child" in run.tail


def test_invalid_utf8_is_shown_not_lost(live: Live) -> None:
    run = live.run(
        "import sys\nsys.stdout.buffer.write(b'a\\xff\\xfeb\\n')\nsys.stdout.flush()\nprint('caf\\u00e9 \\udc80')\n"
        "print('last')"
    )
    assert run.state == "SUCCEEDED"
    assert run.lines("output") == ["a\ufffd\ufffdb", "caf\u00e9 \ufffd", "last"]


def test_a_hundred_megabytes_of_output(live: Live) -> None:
    began = time.monotonic()
    run = live.run("line = 'x' * 999\nfor n in range(100_000):\n    print(n, line)\nprint('the end')\n")
    assert run.state == "SUCCEEDED"
    assert run.tail[-1] == "the end"
    assert len(run.tail) == 50
    assert time.monotonic() - began < 60

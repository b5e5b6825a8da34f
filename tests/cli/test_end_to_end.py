"""The commands against a real server and worker, as a person at a terminal uses them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from mastic.installation import started
from mastic.settings import load


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("home")
    with started(load(home, {"port": 0})):
        yield home


def mastic(home: Path, *arguments: object, code: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "mastic.cli.main", *map(str, arguments)]
    environment = {**os.environ, "MASTIC_HOME": str(home), **environment}
    result = subprocess.run(words, capture_output=True, text=True, timeout=120, env=environment)
    assert result.returncode == code, result.stdout + result.stderr
    return result


def script(folder: Path, text: str) -> Path:
    path = folder / "script.py"
    path.write_text(text)
    return path


def test_run_prints_what_the_script_prints(home: Path, tmp_path: Path) -> None:
    path = script(tmp_path, "import sys; print('value', sys.argv[2]); print('problem', file=sys.stderr)")
    result = mastic(home, "run", "--python-shell", path, "--day", "2026-01-31")
    assert result.stdout == "value 2026-01-31\n"
    assert "problem" in result.stderr
    assert "SUCCEEDED in" in result.stderr


def test_a_failing_script_exits_1_with_its_line(home: Path, tmp_path: Path) -> None:
    path = script(tmp_path, "x = {}\nprint('before')\nx['missing']\n")
    result = mastic(home, "run", "--python-shell", path, code=1)
    assert "before" in result.stdout
    assert "KeyError" in result.stderr
    assert "line 3" in result.stderr


def test_jobs_runs_and_logs_show_the_history(home: Path, tmp_path: Path) -> None:
    path = script(tmp_path, "print('for the record')").rename(tmp_path / "history.py")
    mastic(home, "run", "--python-shell", path)
    jobs = json.loads(mastic(home, "jobs", "--json").stdout)
    name = next(job["Name"] for job in jobs if job["Name"].startswith("run-history"))
    assert name in mastic(home, "jobs").stdout
    runs = json.loads(mastic(home, "runs", name, "--json").stdout)
    assert runs[0]["JobRunState"] == "SUCCEEDED"
    assert "SUCCEEDED" in mastic(home, "runs").stdout
    shown = mastic(home, "runs", runs[0]["Id"]).stdout
    assert runs[0]["Id"][:20] in shown
    assert "USD" in shown
    assert "for the record" in mastic(home, "logs", name).stdout
    assert "for the record" in mastic(home, "logs", runs[0]["Id"], "-f").stdout
    assert "for the record" in mastic(home, "logs", runs[0]["Id"][:15]).stdout


def test_ctrl_c_stops_the_run(home: Path, tmp_path: Path) -> None:
    path = script(tmp_path, "import time\nprint('started', flush=True)\ntime.sleep(600)")
    words = [sys.executable, "-m", "mastic.cli.main", "run", "--home", str(home), "--python-shell", str(path)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "started\n"
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    assert process.stderr
    assert "STOPPED" in process.stderr.read()


def test_of_two_runs_at_once_neither_takes_the_others_server_away(tmp_path: Path) -> None:
    def begin(name: str) -> subprocess.Popen[str]:
        path = tmp_path / f"{name}.py"
        path.write_text(
            "import pathlib, time\nprint('started', flush=True)\n"
            f"while not pathlib.Path({str(tmp_path / name)!r}).exists(): time.sleep(0.02)\nprint('ended')"
        )
        words = [sys.executable, "-m", "mastic.cli.main", "run", "--home", str(tmp_path / "home"), "--python-shell"]
        process = subprocess.Popen([*words, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stdout
        assert process.stdout.readline() == "started\n"
        return process

    first, second = begin("first"), begin("second")
    (tmp_path / "first").touch()
    assert first.stdout and first.stderr
    assert first.stdout.readline() == "ended\n"
    assert any("another command uses the server of this one" in line for line in first.stderr)
    (tmp_path / "second").touch()
    assert second.wait(60) == 0, second.stderr and second.stderr.read()
    assert first.wait(60) == 0


def test_stop_ends_every_live_run_of_a_job(home: Path, tmp_path: Path) -> None:
    endpoint = json.loads(mastic(home, "env", "--json").stdout)["AWS_ENDPOINT_URL"]
    aws = boto3.Session("mastic", "mastic", region_name="us-east-1")
    s3, glue = (aws.client(name, endpoint_url=endpoint) for name in ("s3", "glue"))
    s3.create_bucket(Bucket="scripts")
    s3.put_object(Bucket="scripts", Key="sleep.py", Body=b"import time; time.sleep(600)")
    command = {"Name": "pythonshell", "ScriptLocation": "s3://scripts/sleep.py", "PythonVersion": "3.9"}
    glue.create_job(Name="sleeper", Role="r", Command=command, ExecutionProperty={"MaxConcurrentRuns": 2})
    ids = [glue.start_job_run(JobName="sleeper")["JobRunId"] for _ in range(2)]
    stopped = mastic(home, "stop", "sleeper").stdout
    assert all(run_id in stopped for run_id in ids)
    deadline = time.monotonic() + 60
    states: set[str] = set()
    while states != {"STOPPED"} and time.monotonic() < deadline:
        states = {glue.get_job_run(JobName="sleeper", RunId=run_id)["JobRun"]["JobRunState"] for run_id in ids}
        time.sleep(0.1)
    assert states == {"STOPPED"}
    assert "has no live run" in mastic(home, "stop", "sleeper", code=1).stderr


def test_unknown_names_are_clear(home: Path) -> None:
    said = mastic(home, "logs", "nosuchjob", code=1).stderr
    assert "there is no job 'nosuchjob'" in said
    assert "`mastic jobs` lists them" in said
    endpoint = json.loads(mastic(home, "env", "--json").stdout)["AWS_ENDPOINT_URL"]
    glue = boto3.Session("mastic", "mastic", region_name="us-east-1").client("glue", endpoint_url=endpoint)
    glue.create_job(Name="nightly-orders", Role="any", Command={"Name": "glueetl", "ScriptLocation": "s3://s/a.py"})
    for command in ("logs", "runs", "stop"):
        for name in ("nightly-order", "orders"):
            assert "did you mean 'nightly-orders'?" in mastic(home, command, name, code=1).stderr
    assert "0 runs begin with 'jr_0000'" in mastic(home, "runs", "jr_0000", code=1).stderr


def test_doctor_finds_the_server(home: Path) -> None:
    checks = {check["name"]: check for check in json.loads(mastic(home, "doctor", "--json").stdout)}
    assert checks["server"]["state"] == "ok"
    assert checks["sail"]["state"] == "ok"


def test_keys_guard_a_server_that_verifies_signatures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    made = json.loads(mastic(tmp_path, "keys", "create", "--json").stdout)
    signed = {"AWS_ACCESS_KEY_ID": made["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"]}
    assert made["AccessKeyId"] in mastic(tmp_path, "keys", "list").stdout
    path = script(tmp_path, "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])")
    with started(load(tmp_path, {"port": 0, "auth": "sigv4"})):  # the worker has a key of its own
        result = mastic(tmp_path, "run", "--python-shell", path, **signed)
        assert result.stdout == "arn:aws:sts::123456789012:assumed-role/mastic-run/GlueJobRunnerSession\n"
        refused = mastic(tmp_path, "run", "--python-shell", path, code=1)
        assert "Traceback" not in refused.stderr
        mastic(tmp_path, "keys", "delete", made["AccessKeyId"])
    assert (tmp_path / "keys" / "worker.json").stat().st_mode & 0o777 == 0o600

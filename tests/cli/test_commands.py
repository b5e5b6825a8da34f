"""The command line: every command explains itself, and nothing is slow to start."""

import json
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from mastic.cli.errors import CommandError
from mastic.cli.main import COMMANDS, cli
from mastic.cli.reference import PAGES, main
from mastic.cli.run import job_arguments


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_shows_examples(name: str) -> None:
    result = CliRunner().invoke(cli, [name, "--help"])
    assert result.exit_code == 0, result.output
    command = cli.get_command(click.Context(cli), name)
    if isinstance(command, click.Group):
        texts = [CliRunner().invoke(cli, [name, child, "--help"]).output for child in command.commands]
        assert any("Example" in text for text in texts)
    else:
        assert "Example" in result.output


def test_help_lists_every_command() -> None:
    output = CliRunner().invoke(cli, ["--help"]).output
    for name in COMMANDS:
        assert f"\n  {name} " in output


def test_help_imports_no_heavy_library() -> None:
    code = (
        "import sys; from mastic.cli.main import cli\n"
        "try: cli.main(['--help'], standalone_mode=False)\n"
        "finally: print([m for m in ('boto3','botocore','sqlalchemy','rich','pandas','pyarrow','starlette') "
        "if m in sys.modules], file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stderr.strip() == "[]"


@pytest.mark.parametrize("page", PAGES)
def test_every_setting_and_command_is_documented(page: str) -> None:
    assert main(["--check"]) == 0, f"docs/{page} may be stale: run `python -m mastic.cli.reference`"


def test_job_arguments_take_every_form() -> None:
    words = ("--day", "2026-01-31", "--flag", "--limit=3", "--empty", "")
    assert job_arguments(words) == {"--day": "2026-01-31", "--flag": "", "--limit": "3", "--empty": ""}


def test_job_arguments_may_follow_two_hyphens() -> None:
    assert job_arguments(("--", "--day", "1")) == {"--day": "1"}


def test_job_arguments_refuse_a_value_without_a_name() -> None:
    with pytest.raises(CommandError, match="'stray' has no name"):
        job_arguments(("stray",))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(shell: str) -> None:
    result = CliRunner().invoke(cli, ["completion", shell])
    assert result.exit_code == 0
    assert "_MASTIC_COMPLETE" in result.output


def test_env_prints_exports_that_a_shell_can_read(tmp_path) -> None:
    result = CliRunner(env={"AWS_ACCESS_KEY_ID": ""}).invoke(cli, ["env", "--home", str(tmp_path), "--port", "4999"])
    assert "export AWS_ENDPOINT_URL=http://127.0.0.1:4999" in result.output
    assert "export AWS_ACCESS_KEY_ID=mastic" in result.output
    as_json = CliRunner().invoke(cli, ["env", "--home", str(tmp_path), "--json"])
    assert json.loads(as_json.output)["AWS_REGION"] == "us-east-1"


def test_env_points_s3_at_the_storage_endpoint(tmp_path) -> None:
    store = {"ENDPOINT": "http://127.0.0.1:9000", "ACCESS_KEY": "minio", "SECRET_KEY": "minio123"}
    runner = CliRunner(env={f"MASTIC_STORAGE_{name}": value for name, value in store.items()})
    printed = json.loads(runner.invoke(cli, ["env", "--home", str(tmp_path), "--json"]).stdout)
    assert printed["AWS_ENDPOINT_URL_S3"] == "http://127.0.0.1:9000"
    assert (printed["AWS_ACCESS_KEY_ID"], printed["AWS_SECRET_ACCESS_KEY"]) == ("minio", "minio123")


def test_no_server_is_a_clear_error(tmp_path, free_port: int) -> None:
    command = [sys.executable, "-m", "mastic.cli.main", "jobs", "--home", str(tmp_path), "--port", str(free_port)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "start one with `mastic up`" in result.stderr
    assert "Traceback" not in result.stderr


def test_an_unknown_setting_is_named(tmp_path) -> None:
    (tmp_path / "mastic.toml").write_text('[storage]\nendpont = "http://x"\n')
    command = [sys.executable, "-m", "mastic.cli.main", "jobs", "--home", str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "unknown setting 'storage.endpont'" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "settings", "said"),
    [
        (["jobs", "--home", "{home}"], "prot = 1", "unknown setting 'prot', did you mean 'port'?"),
        (["jobs", "--home", "{home}"], "[worker]\nmemory_mb = -3", "worker.memory_mb = -3 must not be negative"),
        (
            ["server", "--home", "{home}"],
            "port = 80000",
            "cannot bind host = '127.0.0.1', port = 80000: bind(): port must",
        ),
        (["up", "--home", "{script}"], "", "home = '{script}' cannot be made: File exists; choose another with --home"),
        (["server", "--home", "{script}"], "", "home = '{script}' cannot be made"),
        (["run", "--day", "1", "{script}"], "", "arguments of the job come after the script: mastic run SCRIPT --day"),
        (["log", "nightly"], "", "No such command 'log'. Did you mean 'logs'?"),
        (["up", "--port", "80000"], "", "80000 is not in the range 0<=x<=65535"),
    ],
)
def test_mistakes_are_answered_with_what_to_do(tmp_path, arguments: list[str], settings: str, said: str) -> None:
    (tmp_path / "mastic.toml").write_text(settings)
    script = tmp_path / "etl.py"
    script.touch()
    places = {"home": str(tmp_path), "script": str(script)}
    command = [sys.executable, "-m", "mastic.cli.main", *(word.format(**places) for word in arguments)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode in (1, 2)
    assert said.format(**places) in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr


@pytest.fixture
def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

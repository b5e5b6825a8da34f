"""What the special parameters ask for, and the errors and warnings they give."""

from __future__ import annotations

from typing import Any

import pytest

from mastic.worker.arguments import ArgumentError, parse_conf, plan
from mastic.worker.assignment import Assignment, Command, Workflow


def assignment(arguments: dict[str, str], command: str = "glueetl", **more: Any) -> Assignment:
    return Assignment(
        job_run_id="jr_1", job_name="nightly", job_id="j_1", token=1,
        command=Command(command, "s3://scripts/nightly.py"), arguments=arguments, **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "conf"),
    [
        ("", {}),
        ("spark.a=1", {"spark.a": "1"}),
        ("spark.a=1 --conf spark.b=2", {"spark.a": "1", "spark.b": "2"}),
        ("--conf spark.a=1 --conf spark.b=x=y", {"spark.a": "1", "spark.b": "x=y"}),
        ("spark.a=1 --conf=spark.b=2", {"spark.a": "1", "spark.b": "2"}),
        ("spark.opts=-Da=1 -Db=2 --conf spark.b=2", {"spark.opts": "-Da=1 -Db=2", "spark.b": "2"}),
        ("spark.a=1\n--conf 'spark.b=two words'", {"spark.a": "1", "spark.b": "two words"}),
        (
            "spark.sql.extensions=org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions "
            "--conf spark.sql.catalog.glue_catalog=org.apache.iceberg.spark.SparkCatalog",
            {
                "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
                "spark.sql.catalog.glue_catalog": "org.apache.iceberg.spark.SparkCatalog",
            },
        ),
    ],
)
def test_conf_as_people_write_it(text: str, conf: dict[str, str]) -> None:
    assert parse_conf(text) == conf


@pytest.mark.parametrize("text", ["spark.a", "spark.a=1 --conf nonsense", "=1", "two words=1"])
def test_conf_that_is_no_setting_is_refused(text: str) -> None:
    with pytest.raises(ArgumentError, match="is not KEY=VALUE"):
        parse_conf(text)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"--job-language": "scala"}, "'scala'"),
        ({"--job-language": "cobol"}, "'cobol'; it must be 'python'"),
        ({"--mastic-engine": "flink"}, "'flink'; it must be one of auto, sail, spark"),
        ({"--job-bookmark-option": "enable"}, "must be one of job-bookmark-enable"),
        ({"--extra-jars": "s3://j/a.jar", "--mastic-engine": "sail"}, "--extra-jars needs Spark"),
        ({"--python-modules-installer-option": "--find-links 'x"}, "--python-modules-installer-option"),
    ],
)
def test_values_that_cannot_be_used(arguments: dict[str, str], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        plan(assignment(arguments))


def test_lists_and_own_parameters() -> None:
    found = plan(
        assignment({
            "--extra-py-files": "s3://l/a.py, s3://l/b.zip,,",
            "--extra-files": "s3://l/c.json",
            "--additional-python-modules": "pyarrow==1,s3://l/x-1-py3-none-any.whl",
            "--python-modules-installer-option": "--no-index --find-links '/a b'",
            "--scriptLocation": "s3://other/script.py",
            "--mastic-engine": "sail",
            "--mastic-idempotency-key": "k",
            "--mine": "1",
        })
    )  # fmt: skip
    assert found.py_files == ["s3://l/a.py", "s3://l/b.zip"]
    assert found.files == ["s3://l/c.json"]
    assert found.modules == ["pyarrow==1", "s3://l/x-1-py3-none-any.whl"]
    assert found.installer_options == ["--no-index", "--find-links", "/a b"]
    assert found.script_location == "s3://other/script.py"
    assert found.engine == "sail"
    assert found.user_arguments == ["--mine", "1"]


def test_argv_of_a_python_shell_in_a_workflow() -> None:
    one = assignment({"--day": "1"}, "pythonshell", workflow=Workflow("flow", "wr_1"))
    assert plan(one).argv("/w/nightly.py", one) == [
        "/w/nightly.py", "--day", "1", "--scriptLocation", "s3://scripts/nightly.py", "--JOB_ID", "j_1",
        "--JOB_RUN_ID", "jr_1", "--JOB_NAME", "nightly", "--WORKFLOW_NAME", "flow", "--WORKFLOW_RUN_ID", "wr_1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "command", "note"),
    [
        ({"--enable-spark-ui": "true"}, "glueetl", "--enable-spark-ui has no effect here"),
        ({"--enable-warp-drive": "true"}, "glueetl", "--enable-warp-drive is not a parameter Mastic knows"),
        ({"--conf": "a=b"}, "pythonshell", "--conf has no effect in a Python shell job"),
        ({"--continuous-log-logGroup": "g"}, "glueetl", "without --enable-continuous-cloudwatch-log"),
    ],
)
def test_what_has_no_effect_is_said(arguments: dict[str, str], command: str, note: str) -> None:
    assert any(note in found for found in plan(assignment(arguments, command)).notes)


@pytest.mark.parametrize(
    "arguments",
    [
        {"--enable-spark-ui": "false"},
        {"--enable-metrics": "", "--enable-glue-datacatalog": "true", "--TempDir": "s3://t/", "--mine": "x"},
        {"--enable-continuous-cloudwatch-log": "true", "--continuous-log-logGroup": "g"},
    ],
)
def test_no_warning_without_a_reason(arguments: dict[str, str]) -> None:
    assert plan(assignment(arguments)).notes == []


def test_the_continuous_log_has_its_own_stream() -> None:
    groups = {"output": "/o", "error": "/e", "logs-v2": "/mine"}
    arguments = {"--enable-continuous-cloudwatch-log": "true", "--continuous-log-logStreamPrefix": "p"}
    logs = plan(assignment(arguments, log_groups=groups, log_stream="jr_1")).logs
    assert (logs.output_group, logs.error_group, logs.stream) == ("/o", "/e", "jr_1")
    assert (logs.driver_group, logs.driver_stream) == ("/mine", "p-jr_1-driver")
    assert plan(assignment({}, log_groups=groups)).logs.driver_group is None

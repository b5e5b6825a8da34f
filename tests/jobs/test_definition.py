"""What AWS fills in, what it refuses, and that everything else comes back as it was sent."""

from __future__ import annotations

from typing import Any

import pytest

from mastic.jobs import definitions
from mastic.jobs.definition import checked
from mastic.protocol.errors import (
    IdempotentParameterMismatchException,
    InvalidInputException,
    OperationNotSupportedException,
)
from mastic.tags import of as tags_of

ETL = {"Role": "glue", "Command": {"Name": "glueetl", "ScriptLocation": "s3://scripts/job.py"}}
SHELL = {"Role": "glue", "Command": {"Name": "pythonshell", "ScriptLocation": "s3://scripts/job.py"}}


def test_a_spark_job_gets_the_defaults_of_aws_and_no_others() -> None:
    assert checked(ETL) == {
        "Role": "glue",
        "Command": {"Name": "glueetl", "ScriptLocation": "s3://scripts/job.py", "PythonVersion": "3"},
        "GlueVersion": "6.0",
        "JobMode": "SCRIPT",
        "MaxRetries": 0,
        "ExecutionProperty": {"MaxConcurrentRuns": 1},
        "Timeout": 480,
        "MaxCapacity": 10.0,
        "AllocatedCapacity": 10,
    }


def test_a_python_shell_job_gets_the_defaults_of_aws() -> None:
    found = checked(SHELL)
    assert (found["MaxCapacity"], found["AllocatedCapacity"], found["Command"]["PythonVersion"]) == (0.0625, 0, "3.9")


@pytest.mark.parametrize(
    ("version", "minutes"), [("0.9", 2880), ("3.0", 2880), ("4.0", 2880), ("5.0", 480), ("5.1", 480), ("auto", 480)]
)
def test_the_default_timeout_depends_on_the_glue_version(version: str, minutes: int) -> None:
    assert checked({**ETL, "GlueVersion": version})["Timeout"] == minutes


@pytest.mark.parametrize(("version", "python"), [("0.9", "2"), ("1.0", "2"), ("2.0", "3"), ("4.0", "3")])
def test_the_default_python_depends_on_the_glue_version(version: str, python: str) -> None:
    assert checked({**ETL, "GlueVersion": version})["Command"]["PythonVersion"] == python


@pytest.mark.parametrize(
    ("worker_type", "number", "maximum", "allocated"),
    [
        ("G.025X", 2, 0.5, 0),
        ("G.1X", 10, 10.0, 10),
        ("G.2X", 10, 20.0, 20),
        ("G.4X", 3, 12.0, 12),
        ("G.8X", 2, 16.0, 16),
        ("G.12X", 2, 24.0, 24),
        ("G.16X", 2, 32.0, 32),
        ("R.1X", 2, 2.0, 2),
        ("R.8X", 2, 16.0, 16),
        ("Standard", 1, 1.0, 1),
    ],
)
def test_capacity_is_filled_in_from_workers(worker_type: str, number: int, maximum: float, allocated: int) -> None:
    found = checked({**ETL, "WorkerType": worker_type, "NumberOfWorkers": number})
    assert (found["MaxCapacity"], found["AllocatedCapacity"]) == (maximum, allocated)
    assert (found["WorkerType"], found["NumberOfWorkers"]) == (worker_type, number)


def test_allocated_capacity_is_max_capacity_of_old() -> None:
    found = checked({**ETL, "AllocatedCapacity": 5})
    assert (found["MaxCapacity"], found["AllocatedCapacity"]) == (5.0, 5)
    assert checked({**ETL, "AllocatedCapacity": 0})["MaxCapacity"] == 10.0


WORKERS = {"WorkerType": "G.1X", "NumberOfWorkers": 2}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({**ETL, **WORKERS, "MaxCapacity": 2.0}, "Please do not set Max Capacity if using Worker Type"),
        ({**ETL, **WORKERS, "AllocatedCapacity": 2}, "Please do not set Max Capacity if using Worker Type"),
        ({**ETL, "MaxCapacity": 2.0, "AllocatedCapacity": 2}, "Please set only Allocated Capacity or Max Capacity"),
        ({**ETL, "WorkerType": "G.1X"}, "Please set both Worker Type and Number of Workers"),
        ({**ETL, "NumberOfWorkers": 2}, "Please set both Worker Type and Number of Workers"),
        ({**ETL, **WORKERS, "NumberOfWorkers": 1}, "minimum allowed value of Number of Workers is 2; got 1"),
        ({**ETL, **WORKERS, "NumberOfWorkers": 300}, "maximum allowed value of Number of Workers is 299; got 300"),
        ({**ETL, **WORKERS, "WorkerType": "Z.2X"}, "WorkerType Z.2X is not for Job Command glueetl"),
        ({**ETL, "MaxCapacity": 1.0}, "a whole number from 2 to 100"),
        ({**ETL, "MaxCapacity": 2.5}, "MaxCapacity 2.5 is not valid"),
        ({**ETL, "MaxCapacity": 101.0}, "a whole number from 2 to 100"),
        ({**SHELL, "MaxCapacity": 2.0}, "MaxCapacity 2 is not valid for a Python shell job: 0.0625 or 1"),
        ({**SHELL, **WORKERS}, "Worker Type is not supported for Job Command pythonshell"),
        ({**ETL, "GlueVersion": "7.5"}, "GlueVersion 7.5 is not one of 0.9, 1.0"),
        ({**ETL, "MaxRetries": 11}, "MaxRetries 11 must be from 0 to 10"),
        ({**ETL, "MaxRetries": -1}, "MaxRetries -1 must be from 0 to 10"),
        ({**ETL, "Timeout": 10081}, "Timeout 10081 must be at most 10080 minutes"),
        ({**ETL, "ExecutionProperty": {"MaxConcurrentRuns": 0}}, "MaxConcurrentRuns 0 must be at least 1"),
        (
            {**ETL, "ExecutionClass": "FLEX", "GlueVersion": "2.0"},
            "FLEX needs Job Command glueetl and Glue version 3.0",
        ),
        ({**SHELL, "ExecutionClass": "FLEX"}, "FLEX needs Job Command glueetl"),
        ({"Command": ETL["Command"]}, "Role is missing"),
        ({"Role": "glue"}, "Command.Name is missing"),
        ({"Role": "glue", "Command": {"Name": "glueetl"}}, "Command.ScriptLocation is missing"),
        ({"Role": "glue", "Command": {"Name": "spark", "ScriptLocation": "x"}}, "Command.Name 'spark' is not a job"),
    ],
)
def test_what_aws_refuses(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInputException) as error:
        checked(fields)
    assert words in error.value.message


@pytest.mark.parametrize("name", ["gluestreaming", "glueray"])
def test_commands_that_are_not_there_yet_say_so(name: str) -> None:
    with pytest.raises(OperationNotSupportedException, match=f"{name} is not there yet"):
        checked({"Role": "glue", "Command": {"Name": name, "ScriptLocation": "s3://a/b.py"}})


EVERYTHING: dict[str, Any] = {
    "JobMode": "VISUAL",
    "JobRunQueuingEnabled": True,
    "Description": "two\nlines, é",
    "LogUri": "s3://logs/",
    "Role": "arn:aws:iam::123456789012:role/glue",
    "ExecutionProperty": {"MaxConcurrentRuns": 3},
    "Command": {"Name": "glueetl", "ScriptLocation": "s3://scripts/job.py", "PythonVersion": "3"},
    "DefaultArguments": {"--z": "1", "--a": "", "--conf": "spark.a=b --conf spark.c=d"},
    "NonOverridableArguments": {"--fixed": "1"},
    "Connections": {"Connections": ["one", "two"]},
    "MaxRetries": 2,
    "Timeout": 60,
    "SecurityConfiguration": "secure",
    "NotificationProperty": {"NotifyDelayAfter": 5},
    "GlueVersion": "4.0",
    "NumberOfWorkers": 3,
    "WorkerType": "G.2X",
    "CodeGenConfigurationNodes": {"node-1": {"S3CatalogSource": {"Name": "n", "Database": "d", "Table": "t"}}},
    "ExecutionClass": "STANDARD",
    "SourceControlDetails": {"Provider": "GITHUB", "Repository": "r", "Branch": "main", "AuthToken": "secret"},
    "MaintenanceWindow": "Sun:10",
}


def test_every_field_comes_back_as_it_was_sent(app) -> None:
    definitions.create(app, "all", EVERYTHING, {})
    with app.store.read() as connection:
        shape = definitions.get(connection, "all").shape()
    computed = {"MaxCapacity": 6.0, "AllocatedCapacity": 6}
    dates = {"CreatedOn": app.clock.now(), "LastModifiedOn": app.clock.now()}
    assert shape == {"Name": "all", **dates, **EVERYTHING, **computed}
    assert list(shape["DefaultArguments"]) == ["--z", "--a", "--conf"]


def test_an_update_replaces_everything_but_the_glue_version(app) -> None:
    definitions.create(app, "all", EVERYTHING, {"team": "data"})
    created = app.clock.now()
    app.pass_time(minutes=5)
    definitions.overwrite(app, "all", ETL)
    with app.store.read() as connection:
        job = definitions.get(connection, "all")
        assert tags_of(connection, definitions.arn(app, "all")) == {"team": "data"}
    assert job.definition == {**checked(ETL, "4.0")}
    assert (job.definition["GlueVersion"], job.definition["Timeout"]) == ("4.0", 2880)
    assert (job.created_on, job.last_modified_on, job.version) == (created, app.clock.now(), 2)


def test_a_refused_update_changes_nothing(app) -> None:
    definitions.create(app, "all", EVERYTHING, {})
    with pytest.raises(InvalidInputException):
        definitions.overwrite(app, "all", {**ETL, "MaxRetries": 11})
    with app.store.read() as connection:
        assert definitions.get(connection, "all").definition["MaxRetries"] == 2


def test_a_name_is_taken_once(app) -> None:
    app.job(Description="one", tags={"a": "b"})
    app.job(Description="one", tags={"a": "b"})  # AWS: the same again is no error
    for other in ({"Description": "two", "tags": {"a": "b"}}, {"Description": "one"}):
        with pytest.raises(IdempotentParameterMismatchException, match="nightly already submitted with different"):
            app.job(**other)
    with app.store.read() as connection:
        assert definitions.get(connection, "nightly").definition["Description"] == "one"
    definitions.remove(app, "nightly")
    app.job(Description="two")


def test_a_refused_tag_creates_no_job(app) -> None:
    with pytest.raises(InvalidInputException, match="aws:"):
        app.job(tags={"aws:team": "data"})
    with app.store.read() as connection:
        assert definitions.find(connection, "nightly") is None


def test_a_run_overrides_capacity_timeout_and_class(app) -> None:
    app.job(WorkerType="G.1X", NumberOfWorkers=4, Timeout=60, ExecutionProperty={"MaxConcurrentRuns": 9})

    def shape(**request: Any) -> dict[str, Any]:
        return dict(app.run(app.start(**request)).shape(app.clock.now()))

    plain = shape()
    assert (plain["WorkerType"], plain["NumberOfWorkers"], plain["MaxCapacity"]) == ("G.1X", 4, 4.0)
    assert "ExecutionClass" not in plain and "Arguments" not in plain and plain["PredecessorRuns"] == []
    assert shape(NumberOfWorkers=6)["MaxCapacity"] == 6.0
    assert shape(WorkerType="G.2X")["MaxCapacity"] == 8.0
    assert shape(Timeout=5)["Timeout"] == 5
    assert shape(ExecutionClass="FLEX")["ExecutionClass"] == "FLEX"
    assert shape(SecurityConfiguration="s")["SecurityConfiguration"] == "s"
    assert shape(NotificationProperty={"NotifyDelayAfter": 3})["NotificationProperty"] == {"NotifyDelayAfter": 3}
    by_dpu = shape(MaxCapacity=2.0)
    assert by_dpu["MaxCapacity"] == 2.0 and "WorkerType" not in by_dpu
    for refused in ({"Timeout": 99999}, {"NumberOfWorkers": 1}, {"MaxCapacity": 2.0, "WorkerType": "G.1X"}):
        with pytest.raises(InvalidInputException):
            app.start(**refused)


def test_dpu_seconds_are_given_where_aws_gives_them(app) -> None:
    app.job(WorkerType="G.1X", NumberOfWorkers=4, ExecutionProperty={"MaxConcurrentRuns": 9})
    worker = app.worker()
    expected = {app.start(): None, app.start(ExecutionClass="FLEX"): 40.0}
    expected[app.start(Arguments={"--enable-auto-scaling": "true"})] = 40.0
    for _ in expected:
        worker.finish(worker.run_one(), seconds=9.4)
    assert {run_id: app.run(run_id).shape(app.clock.now()).get("DPUSeconds") for run_id in expected} == expected


@pytest.mark.parametrize(
    ("fields", "arguments", "groups"),
    [
        (ETL, {}, ("/aws-glue/jobs", "/aws-glue/jobs/output", "/aws-glue/jobs/error", "/aws-glue/jobs/logs-v2")),
        (
            SHELL,
            {},
            (
                "/aws-glue/python-jobs",
                "/aws-glue/python-jobs/output",
                "/aws-glue/python-jobs/error",
                "/aws-glue/python-jobs/logs-v2",
            ),
        ),
        (
            ETL,
            {"--continuous-log-logGroup": "/mine"},
            ("/aws-glue/jobs", "/aws-glue/jobs/output", "/aws-glue/jobs/error", "/mine"),
        ),
        (
            ETL,
            {"--custom-logGroup-prefix": "/team"},
            ("/team", "/team/output", "/team/error", "/team/logs-v2"),
        ),
    ],
)
def test_log_groups_are_named_as_glue_names_them(app, fields: dict, arguments: dict, groups: tuple) -> None:
    app.job(**fields)
    run_id = app.start(Arguments={**arguments, "--custom-logStream-prefix": "p-"})
    claimed = app.worker().claim()
    named = claimed["log_groups"]
    assert (named["output"], named["error"], named["logs-v2"]) == groups[1:]
    assert app.run(run_id).shape(app.clock.now())["LogGroupName"] == groups[0]
    assert claimed["log_stream"] == f"p-{run_id}"

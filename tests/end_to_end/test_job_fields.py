"""Every field of a job that the AWS model has comes back from boto3 as it was sent."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings

import model_strategies
from mastic.protocol.model import service

COMMAND = {"Name": "glueetl", "ScriptLocation": "s3://scripts/job.py", "PythonVersion": "3"}
FIELDS: dict[str, Any] = {
    "JobMode": "VISUAL",
    "JobRunQueuingEnabled": True,
    "Description": "two\nlines, é",
    "LogUri": "s3://logs/",
    "Role": "arn:aws:iam::123456789012:role/glue",
    "ExecutionProperty": {"MaxConcurrentRuns": 3},
    "Command": COMMAND,
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
# Named in another way (Name, Tags), or what MaxCapacity and the workers stand instead of.
NOT_TOGETHER = {"Name", "Tags", "AllocatedCapacity", "MaxCapacity"}


@pytest.fixture
def glue(server: Any) -> Any:
    return server.client("glue")


def stored(job: dict[str, Any]) -> dict[str, Any]:
    """A job without what AWS adds."""
    return {key: value for key, value in job.items() if key in FIELDS}


def test_the_fields_here_are_all_that_the_model_has() -> None:
    shapes = service("glue").shapes
    assert set(shapes["CreateJobRequest"]["members"]) - NOT_TOGETHER == set(FIELDS)
    assert set(shapes["JobUpdate"]["members"]) - NOT_TOGETHER == set(FIELDS)


def test_create_and_update_keep_every_field(glue: Any) -> None:
    glue.create_job(Name="all", **FIELDS, Tags={"team": "data"})
    job = glue.get_job(JobName="all")["Job"]
    assert stored(job) == FIELDS
    assert (job["MaxCapacity"], job["AllocatedCapacity"]) == (6.0, 6)
    assert job["CreatedOn"] == job["LastModifiedOn"]

    changed = {**FIELDS, "Description": "changed", "MaintenanceWindow": "Mon:1", "Connections": {"Connections": []}}
    glue.update_job(JobName="all", JobUpdate=changed)
    job = glue.get_job(JobName="all")["Job"]
    assert stored(job) == changed
    assert job["LastModifiedOn"] > job["CreatedOn"]
    for found in (glue.get_jobs()["Jobs"][0], glue.batch_get_jobs(JobNames=["all", "none"])["Jobs"][0]):
        assert found == job

    glue.update_job(JobName="all", JobUpdate={"Role": "glue", "Command": {**COMMAND, "Name": "glueetl"}})
    assert set(stored(glue.get_job(JobName="all")["Job"])) == {
        "Role", "Command", "GlueVersion", "JobMode", "MaxRetries", "ExecutionProperty", "Timeout",
    }  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(nodes=model_strategies.shape("glue", "CodeGenConfigurationNodes", 0))
def test_any_visual_graph_comes_back(glue: Any, nodes: dict[str, Any]) -> None:
    glue.delete_job(JobName="graph")
    glue.create_job(Name="graph", Role="glue", Command=COMMAND, CodeGenConfigurationNodes=nodes)
    assert glue.get_job(JobName="graph")["Job"]["CodeGenConfigurationNodes"] == nodes


@pytest.mark.parametrize(
    ("fields", "code", "words"),
    [
        ({"MaxCapacity": 2.0, "WorkerType": "G.1X", "NumberOfWorkers": 2}, "InvalidInputException", "Max Capacity"),
        ({"WorkerType": "G.1X"}, "InvalidInputException", "Number of Workers"),
        ({"Command": {**COMMAND, "Name": "gluestreaming"}}, "OperationNotSupportedException", "gluestreaming"),
        ({"Command": {**COMMAND, "Name": "glueray"}}, "OperationNotSupportedException", "glueray"),
        ({"MaintenanceWindow": "Someday"}, "ValidationException", "maintenanceWindow"),
        ({"ExecutionClass": "CHEAP"}, "ValidationException", "executionClass"),
    ],
)
def test_refusals_have_a_code_and_name_the_field(glue: Any, fields: dict[str, Any], code: str, words: str) -> None:
    with pytest.raises(ClientError) as refused:
        glue.create_job(**{"Name": "bad", "Role": "glue", "Command": COMMAND, **fields})
    error = refused.value.response["Error"]
    assert error["Code"] == code, error
    assert words in error["Message"]
    assert glue.list_jobs()["JobNames"] == []

"""Requests against the AWS model: everything it allows passes, everything else is refused by name."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.serialize import create_serializer
from botocore.validate import ParamValidator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import model_strategies
from mastic.protocol.errors import (
    AwsError,
    InvalidParameterException,
    SerializationException,
    ValidationException,
)
from mastic.protocol.model import service

GLUE = service("glue")
BOTOCORE = ServiceModel(Loader().load_service_model("glue", "service-2"), "glue")
FEW = settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def parse(operation: str, request: Any, service_name: str = "glue") -> dict[str, Any]:
    return service(service_name).operation(operation).parse(request)


def refusal(operation: str, request: Any, service_name: str = "glue") -> AwsError:
    with pytest.raises(AwsError) as error:
        parse(operation, request, service_name)
    return error.value


@pytest.mark.parametrize("operation", sorted(GLUE.operations))
@FEW
@given(data=st.data())
def test_what_botocore_sends_arrives_unchanged(operation: str, data: st.DataObject) -> None:
    request = data.draw(model_strategies.requests("glue", operation))
    model = BOTOCORE.operation_model(operation)
    if model.input_shape is not None:
        assert not ParamValidator().validate(request, model.input_shape).has_errors()
    body = create_serializer("json", include_validation=False).serialize_to_request(request, model)["body"]
    assert parse(operation, json.loads(body)) == request


def top_level_members() -> list[tuple[str, str, dict[str, Any]]]:
    found = []
    for operation, description in GLUE.operations.items():
        reference = description.get("input")
        members = GLUE.shapes[reference["shape"]]["members"] if reference else {}
        found += [(operation, name, GLUE.shapes[member["shape"]]) for name, member in members.items()]
    return found


def valid_request(operation: str) -> dict[str, Any]:
    reference = GLUE.operations[operation].get("input")
    request = model_strategies.smallest("glue", reference["shape"]) if reference else {}
    parse(operation, request)
    return dict(request)


@pytest.fixture(scope="module")
def smallest() -> dict[str, dict[str, Any]]:
    return {operation: valid_request(operation) for operation in GLUE.operations}


def label(name: str) -> str:
    return name[0].lower() + name[1:]


def test_every_required_member_is_missed_by_name(smallest: dict[str, dict[str, Any]]) -> None:
    checked = 0
    for operation, description in GLUE.operations.items():
        reference = description.get("input")
        for name in GLUE.shapes[reference["shape"]].get("required", []) if reference else []:
            request = {key: value for key, value in smallest[operation].items() if key != name}
            error = refusal(operation, request)
            assert isinstance(error, ValidationException)
            assert f"Value null at '{label(name)}' failed to satisfy constraint: Member must not be null" in str(error)
            checked += 1
    assert checked > 300


WRONG = {"string": 7, "boolean": "yes", "structure": [], "list": {}, "map": [], "timestamp": [], "blob": 1}


def test_every_member_of_a_wrong_type_is_refused_by_name(smallest: dict[str, dict[str, Any]]) -> None:
    for operation, name, shape in top_level_members():
        if shape.get("document"):
            continue
        error = refusal(operation, {**smallest[operation], name: WRONG.get(shape["type"], "x")})
        assert isinstance(error, SerializationException), (operation, name)
        assert f"at '{label(name)}'" in str(error)


def test_every_broken_limit_is_refused_by_name(smallest: dict[str, dict[str, Any]]) -> None:
    checked = 0
    for operation, name, shape in top_level_members():
        for value, sentence in broken_limits(shape):
            error = refusal(operation, {**smallest[operation], name: value})
            assert isinstance(error, ValidationException)
            assert f"at '{label(name)}' failed to satisfy constraint" in str(error), (operation, name)
            assert sentence in str(error), (operation, name)
            checked += 1
    assert checked > 1000


def broken_limits(shape: dict[str, Any]) -> list[tuple[Any, str]]:
    kind, found = shape["type"], []
    if "enum" in shape:
        found.append(("no such value", f"Member must satisfy enum value set: [{', '.join(shape['enum'])}]"))
    if kind == "string" and shape.get("min"):
        found.append(("", f"Member must have length greater than or equal to {shape['min']}"))
    if kind == "string" and shape.get("max", 10**6) < 10**6:
        found.append(("x" * (shape["max"] + 1), f"Member must have length less than or equal to {shape['max']}"))
    if kind in ("integer", "long", "double") and "min" in shape:
        found.append((shape["min"] - 1, f"Member must have value greater than or equal to {shape['min']}"))
    if kind in ("integer", "long", "double") and "max" in shape:
        found.append((shape["max"] + 1, f"Member must have value less than or equal to {shape['max']}"))
    if kind == "list" and shape.get("min"):
        found.append(([], f"Member must have length greater than or equal to {shape['min']}"))
    return found


def test_several_errors_are_reported_together() -> None:
    error = refusal("CreateJob", {"Name": "", "Role": "r", "Command": {"PythonVersion": "7"}, "WorkerType": "huge"})
    assert error.message.startswith("3 validation errors detected: Value '' at 'name' failed to satisfy constraint: ")
    assert "; Value '7' at 'command.pythonVersion' failed to satisfy constraint: Member must satisfy regular " in str(
        error
    )
    assert "; Value 'huge' at 'workerType' failed to satisfy constraint: Member must satisfy enum value set: [" in str(
        error
    )


def test_one_error_reads_as_in_aws() -> None:
    assert refusal("GetJob", {"JobName": "x" * 256}).message == (
        f"1 validation error detected: Value '{'x' * 256}' at 'jobName' failed to satisfy constraint: "
        "Member must have length less than or equal to 255"
    )


def test_nested_members_are_named_by_their_path() -> None:
    columns = [{"Name": "a"}, {"Name": "b", "Comment": "x" * 256}]
    table = {"Name": "t", "StorageDescriptor": {"Columns": columns}}
    error = refusal("CreateTable", {"DatabaseName": "d", "TableInput": table})
    assert "at 'tableInput.storageDescriptor.columns.2.member.comment' failed" in error.message


def test_lists_of_scalars_are_reported_whole() -> None:
    error = refusal("BatchGetJobs", {"JobNames": ["ok", ""]})
    assert error.message == (
        "1 validation error detected: Value '[ok, ]' at 'jobNames' failed to satisfy constraint: Member must satisfy "
        "constraint: [Member must have length less than or equal to 255, "
        "Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: "
        f"{GLUE.shapes['NameString']['pattern']}, Member must not be null]"
    )


def test_maps_are_reported_whole() -> None:
    error = refusal("TagResource", {"ResourceArn": "arn:aws:glue:x", "TagsToAdd": {"": "v", "k": "x" * 257}})
    assert "2 validation errors detected" in error.message
    assert "at 'tagsToAdd' failed to satisfy constraint: Map keys must satisfy constraint: [" in error.message
    assert "at 'tagsToAdd' failed to satisfy constraint: Map value must satisfy constraint: [" in error.message


def test_null_is_the_same_as_absent() -> None:
    assert parse("GetJobs", {"NextToken": None}) == {}
    assert "Value null at 'jobName'" in refusal("GetJob", {"JobName": None}).message


def test_members_aws_does_not_know_are_ignored() -> None:
    assert parse("GetJob", {"JobName": "a", "Bogus": [1]}) == {"JobName": "a"}


@pytest.mark.parametrize(
    ("value", "wanted"), [(5, 5), (5.0, 5), (5.5, None), (True, None), ("5", None), (2**31, None), (10**400, None)]
)
def test_integers(value: Any, wanted: int | None) -> None:
    if wanted is None:
        assert isinstance(refusal("GetJobs", {"MaxResults": value}), SerializationException)
    else:
        assert parse("GetJobs", {"MaxResults": value}) == {"MaxResults": wanted}


@pytest.mark.parametrize("value", [1e400, -1e300, "tomorrow", {}])
def test_bad_timestamps(value: Any) -> None:
    error = refusal("UpdatePartition", {
        "DatabaseName": "d", "TableName": "t", "PartitionValueList": [], "PartitionInput": {"LastAccessTime": value}
    })  # fmt: skip
    assert isinstance(error, SerializationException)
    assert "'partitionInput.lastAccessTime'" in error.message


def test_bad_base64_is_named() -> None:
    error = refusal("PutSecretValue", {"SecretId": "s", "SecretBinary": "*"}, "secretsmanager")
    assert error.message == "the value at 'secretBinary' is not valid base64"


def test_secrets_are_not_echoed() -> None:
    error = refusal("PutSecretValue", {"SecretId": "s", "SecretString": "hunter2" * 10000}, "secretsmanager")
    assert "hunter2" not in error.message
    assert "Value at 'secretString' failed to satisfy constraint" in error.message


def test_logs_has_its_own_word_for_it() -> None:
    assert isinstance(refusal("CreateLogGroup", {"logGroupName": "a b"}, "logs"), InvalidParameterException)


def test_a_union_takes_exactly_one_member() -> None:
    union = next(name for name, shape in GLUE.shapes.items() if shape.get("union"))
    assert union  # the model still has one
    error = refusal("SearchAssets", _search({}))
    assert "exactly one of" in error.message


def _search(clause: dict[str, Any]) -> dict[str, Any]:
    members = GLUE.shapes[GLUE.operations["SearchAssets"]["input"]["shape"]]["members"]
    name = next(key for key, member in members.items() if GLUE.shapes[member["shape"]].get("union"))
    return {**valid_request("SearchAssets"), name: clause}


def test_a_long_value_is_shortened_in_the_message() -> None:
    error = refusal("GetJob", {"JobName": "x" * 100_000})
    assert len(error.message) < 2000


def test_the_request_itself_must_be_a_structure() -> None:
    for body in ([], "x", 1, None):
        assert isinstance(refusal("GetJob", body), SerializationException)

"""Secrets Manager through boto3: versions, labels, deletion, listing, and values encrypted at rest."""

from __future__ import annotations

import re
import sqlite3
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mastic.clock import ManualClock
from mastic.settings import Settings
from serving import Listener, MasticServer, running


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def mastic(listener: Listener, home: Any, clock: ManualClock) -> Iterator[MasticServer]:
    with running(listener, Settings(home=home), clock) as server:
        yield server


def test_the_same_on_every_database(listener: Listener, tmp_path: Path, database_url: str) -> None:
    settings = Settings(home=tmp_path, database_url=database_url)
    with running(listener, settings, ManualClock()) as server:
        client = server.client("secretsmanager")
        for name in ("a", "b", "c"):
            client.create_secret(Name=name, SecretString="1", Tags=[{"Key": "k", "Value": name}])
            client.put_secret_value(SecretId=name, SecretString="2")
        assert client.get_secret_value(SecretId="b", VersionStage="AWSPREVIOUS")["SecretString"] == "1"
        client.delete_secret(SecretId="b", ForceDeleteWithoutRecovery=True)
        pages = client.get_paginator("list_secrets").paginate(PaginationConfig={"PageSize": 1})
        assert [one["Name"] for page in pages for one in page["SecretList"]] == ["a", "c"]


@pytest.fixture
def client(mastic: MasticServer) -> Any:
    return mastic.client("secretsmanager")


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_a_secret_round_trips(client: Any) -> None:
    made = client.create_secret(Name="db/main", SecretString='{"password":"ü"}', Description="the database")
    assert re.fullmatch(r"arn:aws:secretsmanager:us-east-1:123456789012:secret:db/main-[A-Za-z0-9]{6}", made["ARN"])
    for secret_id in ("db/main", made["ARN"], made["ARN"][:-7]):
        got = client.get_secret_value(SecretId=secret_id)
        assert got["SecretString"] == '{"password":"ü"}'
        assert got["VersionStages"] == ["AWSCURRENT"]
        assert got["VersionId"] == made["VersionId"]


def test_a_binary_secret_round_trips(client: Any) -> None:
    client.create_secret(Name="key", SecretBinary=b"\x00\xff\n")
    got = client.get_secret_value(SecretId="key")
    assert got["SecretBinary"] == b"\x00\xff\n"
    assert "SecretString" not in got


def test_values_are_encrypted_at_rest(client: Any, mastic: MasticServer) -> None:
    client.create_secret(Name="s", SecretString="correct horse battery staple")
    with sqlite3.connect(mastic.home / "mastic.db") as database:
        dump = "\n".join(database.iterdump())
    assert "secret" in dump
    assert "correct horse" not in dump


def test_names_with_an_ending_like_an_arn_are_told_apart(client: Any) -> None:
    short = client.create_secret(Name="app", SecretString="short")
    long = client.create_secret(Name="app-abcdef", SecretString="long")
    assert client.get_secret_value(SecretId=long["ARN"])["SecretString"] == "long"
    assert client.get_secret_value(SecretId=long["ARN"][:-7])["SecretString"] == "long"
    assert client.get_secret_value(SecretId=short["ARN"])["SecretString"] == "short"


def test_a_new_value_moves_the_labels(client: Any) -> None:
    first = client.create_secret(Name="s", SecretString="1")["VersionId"]
    second = client.put_secret_value(SecretId="s", SecretString="2")
    assert second["VersionStages"] == ["AWSCURRENT"]
    third = client.put_secret_value(SecretId="s", SecretString="3", VersionStages=["AWSPENDING"])["VersionId"]
    assert client.get_secret_value(SecretId="s")["SecretString"] == "2"
    assert client.get_secret_value(SecretId="s", VersionStage="AWSPREVIOUS")["SecretString"] == "1"
    assert client.get_secret_value(SecretId="s", VersionStage="AWSPENDING")["SecretString"] == "3"
    assert client.get_secret_value(SecretId="s", VersionId=first)["SecretString"] == "1"
    assert client.describe_secret(SecretId="s")["VersionIdsToStages"] == {
        first: ["AWSPREVIOUS"],
        second["VersionId"]: ["AWSCURRENT"],
        third: ["AWSPENDING"],
    }


def test_a_label_that_is_on_another_version_is_refused(client: Any) -> None:
    first = client.create_secret(Name="s", SecretString="1")["VersionId"]
    client.put_secret_value(SecretId="s", SecretString="2")
    with pytest.raises(ClientError, match="not associated to the provided VersionId") as error:
        client.get_secret_value(SecretId="s", VersionId=first, VersionStage="AWSCURRENT")
    assert code(error) == "InvalidRequestException"


def test_repeating_a_request_with_its_token_changes_nothing(client: Any) -> None:
    token = str(uuid.uuid4())
    once = client.create_secret(Name="s", SecretString="1", ClientRequestToken=token)
    again = client.create_secret(Name="s", SecretString="1", ClientRequestToken=token)
    assert once["ARN"] == again["ARN"]
    put = str(uuid.uuid4())
    for _ in range(2):
        client.put_secret_value(SecretId="s", SecretString="2", ClientRequestToken=put)
    assert len(client.describe_secret(SecretId="s")["VersionIdsToStages"]) == 2
    with pytest.raises(client.exceptions.ResourceExistsException, match="another value"):
        client.put_secret_value(SecretId="s", SecretString="3", ClientRequestToken=put)
    with pytest.raises(client.exceptions.ResourceExistsException, match="the secret s already exists"):
        client.create_secret(Name="s", SecretString="1")


def test_a_secret_may_begin_without_a_value(client: Any) -> None:
    assert "VersionId" not in client.create_secret(Name="s")
    with pytest.raises(client.exceptions.ResourceNotFoundException, match="staging label: AWSCURRENT"):
        client.get_secret_value(SecretId="s")
    stages = client.put_secret_value(SecretId="s", SecretString="1", VersionStages=["MINE"])["VersionStages"]
    assert stages == ["AWSCURRENT", "MINE"]  # the first version is the current one


def test_update_changes_description_and_value(client: Any) -> None:
    client.create_secret(Name="s", SecretString="1", Description="old")
    client.update_secret(SecretId="s", Description="new")
    assert client.describe_secret(SecretId="s")["Description"] == "new"
    assert client.get_secret_value(SecretId="s")["SecretString"] == "1"
    client.update_secret(SecretId="s", SecretString="2")
    assert client.get_secret_value(SecretId="s")["SecretString"] == "2"
    assert client.describe_secret(SecretId="s")["Description"] == "new"


def test_a_deleted_secret_can_be_restored_until_its_window_ends(client: Any, clock: ManualClock) -> None:
    client.create_secret(Name="s", SecretString="1")
    deleted = client.delete_secret(SecretId="s", RecoveryWindowInDays=7)
    assert deleted["DeletionDate"] == clock.now() + timedelta(days=7)
    for call in (client.get_secret_value, client.delete_secret):
        with pytest.raises(client.exceptions.InvalidRequestException, match="marked for deletion"):
            call(SecretId="s")
    with pytest.raises(client.exceptions.InvalidRequestException, match="already scheduled for deletion"):
        client.create_secret(Name="s", SecretString="2")
    assert "DeletedDate" in client.describe_secret(SecretId="s")
    client.restore_secret(SecretId="s")
    assert client.get_secret_value(SecretId="s")["SecretString"] == "1"
    client.delete_secret(SecretId="s", RecoveryWindowInDays=7)
    clock.advance(timedelta(days=7))
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.restore_secret(SecretId="s")
    client.create_secret(Name="s", SecretString="2")
    assert client.get_secret_value(SecretId="s")["SecretString"] == "2"


def test_a_forced_deletion_is_final_and_may_be_repeated(client: Any) -> None:
    old = client.create_secret(Name="s", SecretString="1", Tags=[{"Key": "team", "Value": "data"}])["ARN"]
    for _ in range(2):
        client.delete_secret(SecretId="s", ForceDeleteWithoutRecovery=True)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_secret_value(SecretId="s")
    new = client.create_secret(Name="s", SecretString="2")["ARN"]
    assert new != old
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_secret_value(SecretId=old)
    assert "Tags" not in client.describe_secret(SecretId="s")


@pytest.mark.parametrize(
    ("operation", "arguments", "wanted", "message"),
    [
        ("get_secret_value", {"SecretId": "none"}, "ResourceNotFoundException", "can't find the specified secret"),
        ("create_secret", {"Name": "a b"}, "ValidationException", "Invalid name 'a b'"),
        (
            "create_secret",
            {"Name": "x", "SecretString": "a", "SecretBinary": b"b"},
            "InvalidParameterException",
            "both",
        ),
        ("put_secret_value", {"SecretId": "s"}, "InvalidRequestException", "either SecretString or SecretBinary"),
        (
            "delete_secret",
            {"SecretId": "s", "RecoveryWindowInDays": 3},
            "InvalidParameterException",
            "7 and 30",
        ),
        (
            "delete_secret",
            {"SecretId": "s", "RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": True},
            "InvalidParameterException",
            "in conjunction with",
        ),
        ("list_secrets", {"NextToken": "garbage"}, "InvalidNextTokenException", "'garbage' is not valid"),
    ],
)
def test_bad_requests(client: Any, operation: str, arguments: dict[str, Any], wanted: str, message: str) -> None:
    client.create_secret(Name="s", SecretString="1")
    with pytest.raises(ClientError, match=message) as error:
        getattr(client, operation)(**arguments)
    assert code(error) == wanted


def test_tags(client: Any) -> None:
    client.create_secret(Name="s", Tags=[{"Key": "a", "Value": "1"}])
    client.tag_resource(SecretId="s", Tags=[{"Key": "b", "Value": "2"}])
    client.untag_resource(SecretId="s", TagKeys=["a"])
    assert client.describe_secret(SecretId="s")["Tags"] == [{"Key": "b", "Value": "2"}]


def test_listing_pages_stay_right_while_secrets_are_added(client: Any, clock: ManualClock) -> None:
    for number in range(5):
        clock.advance(timedelta(minutes=1))
        client.create_secret(Name=f"s{number}")
    first = client.list_secrets(MaxResults=2)
    clock.advance(timedelta(minutes=1))
    client.create_secret(Name="new")
    names = [one["Name"] for one in first["SecretList"]]
    token = first["NextToken"]
    while token:
        page = client.list_secrets(MaxResults=2, NextToken=token)
        names += [one["Name"] for one in page["SecretList"]]
        token = page.get("NextToken")
    assert names == ["s0", "s1", "s2", "s3", "s4", "new"]


@pytest.mark.parametrize("by", ["created-date", "last-changed-date", "name"])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_listing_in_every_order_with_equal_keys(client: Any, by: str, order: str) -> None:
    wanted = [f"s{number}" for number in range(7)]  # the clock stands still: all dates are equal
    for name in wanted:
        client.create_secret(Name=name)
    pages = client.get_paginator("list_secrets").paginate(SortBy=by, SortOrder=order, PaginationConfig={"PageSize": 3})
    names = [one["Name"] for page in pages for one in page["SecretList"]]
    assert names == (wanted if order == "asc" else wanted[::-1])


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        ([{"Key": "name", "Values": ["db/"]}], ["db/main", "db/Test"]),
        ([{"Key": "name", "Values": ["db/t"]}], []),
        ([{"Key": "name", "Values": ["!db/"]}], ["queue"]),
        ([{"Key": "description", "Values": ["THE "]}], ["db/main"]),
        ([{"Key": "tag-key", "Values": ["te"]}], ["queue"]),
        ([{"Key": "tag-value", "Values": ["data"]}], ["queue"]),
        ([{"Key": "all", "Values": ["main queue"]}], ["db/main", "queue"]),
        ([{"Key": "name", "Values": ["db/"]}, {"Key": "description", "Values": ["a"]}], ["db/Test"]),
        ([{"Key": "primary-region", "Values": ["us-"]}], ["db/main", "db/Test", "queue"]),
        ([{"Key": "owning-service", "Values": ["x"]}], []),
    ],
)
def test_filters(client: Any, clock: ManualClock, filters: list[dict[str, Any]], wanted: list[str]) -> None:
    client.create_secret(Name="db/main", Description="The database")
    clock.advance(timedelta(minutes=1))
    client.create_secret(Name="db/Test", Description="A database")
    clock.advance(timedelta(minutes=1))
    client.create_secret(Name="queue", Tags=[{"Key": "team", "Value": "data"}])
    assert [one["Name"] for one in client.list_secrets(Filters=filters)["SecretList"]] == wanted


def test_deleted_secrets_are_listed_only_when_asked_for(client: Any) -> None:
    client.create_secret(Name="kept")
    client.create_secret(Name="gone")
    client.delete_secret(SecretId="gone")
    assert [one["Name"] for one in client.list_secrets()["SecretList"]] == ["kept"]
    listed = client.list_secrets(IncludePlannedDeletion=True)["SecretList"]
    assert [one["Name"] for one in listed] == ["gone", "kept"]


def test_versions_are_listed(client: Any, clock: ManualClock) -> None:
    client.create_secret(Name="s", SecretString="0")
    for number in range(1, 4):
        clock.advance(timedelta(seconds=1))
        client.put_secret_value(SecretId="s", SecretString=str(number))
    labelled = client.list_secret_version_ids(SecretId="s")["Versions"]
    assert [one["VersionStages"] for one in labelled] == [["AWSPREVIOUS"], ["AWSCURRENT"]]
    first = client.list_secret_version_ids(SecretId="s", IncludeDeprecated=True, MaxResults=3)
    rest = client.list_secret_version_ids(SecretId="s", IncludeDeprecated=True, NextToken=first["NextToken"])
    assert [len(first["Versions"]), len(rest["Versions"])] == [3, 1]


def test_only_so_many_unlabelled_versions_are_kept(client: Any, clock: ManualClock) -> None:
    client.create_secret(Name="s", SecretString="0")
    for number in range(1, 105):
        clock.advance(timedelta(seconds=1))
        client.put_secret_value(SecretId="s", SecretString=str(number))
    versions = client.list_secret_version_ids(SecretId="s", IncludeDeprecated=True)
    assert len(versions["Versions"]) == 100
    assert client.get_secret_value(SecretId="s")["SecretString"] == "104"

"""Connections: what is kept and encrypted, what is refused, what a test of one says; on both databases."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sqlalchemy import select

from databases import PASSWORD, Database, free_port
from mastic.app import App
from mastic.catalog import connections
from mastic.catalog.tables import connections as rows
from mastic.protocol.errors import (
    AlreadyExistsException,
    AwsError,
    EntityNotFoundException,
    InvalidInputException,
    OperationNotSupportedException,
)

ME = "arn:aws:iam::123456789012:user/me"
URL = "jdbc:postgresql://db.example:5432/sales"
PROPERTIES = {"USERNAME": "etl", "PASSWORD": "hush-hush", "JDBC_CONNECTION_URL": URL, "JDBC_ENFORCE_SSL": "false"}


def given(name: str = "warehouse", kind: str = "JDBC", **more: Any) -> dict[str, Any]:
    return {"Name": name, "ConnectionType": kind, "ConnectionProperties": PROPERTIES, **more}


def test_a_connection_comes_back_as_it_was_given(app: App) -> None:
    wanted = given(
        "Warehouse", Description="Ünïcode", MatchCriteria=["gold"],
        PhysicalConnectionRequirements={"SubnetId": "s-1", "SecurityGroupIdList": ["sg-1"]},
    )  # fmt: skip
    connections.create(app, ME, wanted)
    found = connections.get(app, "Warehouse")
    assert {key: found[key] for key in wanted} == wanted
    assert list(found["ConnectionProperties"]) == list(PROPERTIES)
    assert (found["CreationTime"], found["LastUpdatedBy"], found["Status"]) == (app.clock.now(), ME, "READY")
    assert found["ConnectionSchemaVersion"] == 1
    with pytest.raises(EntityNotFoundException, match=r"^Connection warehouse not found\.$"):
        connections.get(app, "warehouse")


def test_a_hidden_password_is_left_out(app: App) -> None:
    connections.create(app, ME, given())
    shown = connections.get(app, "warehouse", hide_password=True)["ConnectionProperties"]
    assert shown == {key: value for key, value in PROPERTIES.items() if key != "PASSWORD"}
    [listed], _ = connections.page(app, {}, None, 10, hide_password=True)
    assert listed["ConnectionProperties"] == shown


def test_nothing_that_connects_is_readable_in_the_database(app: App) -> None:
    connections.create(app, ME, given(SparkProperties={"secret": "hush-hush"}))
    with app.store.read() as connection:
        row = connection.execute(select(rows)).one()
    assert not any(word in str(row) for word in ("hush-hush", "etl", "db.example"))


def test_a_name_is_taken_once(app: App) -> None:
    connections.create(app, ME, given())
    with pytest.raises(AlreadyExistsException, match="Connection warehouse already exists"):
        connections.create(app, ME, given())


def test_an_update_replaces_the_definition(app: App) -> None:
    connections.create(app, ME, given(Description="before"))
    properties = {**PROPERTIES, "USERNAME": "other"}
    connections.change(app, "arn:you", "warehouse", given(ConnectionProperties=properties))
    found = connections.get(app, "warehouse")
    assert "Description" not in found
    assert (found["ConnectionProperties"], found["LastUpdatedBy"]) == (properties, "arn:you")
    with pytest.raises(InvalidInputException, match="a connection keeps its name"):
        connections.change(app, ME, "warehouse", given("another"))
    with pytest.raises(EntityNotFoundException):
        connections.change(app, ME, "nope", given("nope"))


def test_deleting(app: App) -> None:
    for name in ("a", "b", "c"):
        connections.create(app, ME, given(name), {"team": name})
    connections.remove(app, "a")
    with pytest.raises(EntityNotFoundException):
        connections.remove(app, "a")
    removed, errors = connections.remove_many(app, ["b", "nope", "b"])
    assert (removed, list(errors), errors["nope"]["ErrorCode"]) == (["b"], ["nope"], "EntityNotFoundException")
    assert [one["Name"] for one in connections.page(app, {}, None, 10)[0]] == ["c"]


def test_pages_and_filters(app: App) -> None:
    for name, kind, criteria in (("a", "JDBC", ["x", "y"]), ("b", "NETWORK", ["y"]), ("c", "JDBC", [])):
        requirements = {"PhysicalConnectionRequirements": {"SubnetId": "s"}}
        connections.create(app, ME, given(name, kind, MatchCriteria=criteria, **requirements))

    def names(**wanted: Any) -> list[str]:
        return [one["Name"] for one in connections.page(app, wanted, None, 10)[0]]

    assert names(ConnectionType="JDBC") == ["a", "c"]
    assert names(MatchCriteria=["y"]) == ["a", "b"]
    assert names(MatchCriteria=["x", "y"]) == ["a"]
    assert (names(ConnectionSchemaVersion=1), names(ConnectionSchemaVersion=2)) == (["a", "b", "c"], [])
    first, last = connections.page(app, {}, None, 2)
    connections.create(app, ME, given("aa"))
    second, end = connections.page(app, {}, last, 2)
    assert ([one["Name"] for one in (*first, *second)], end) == (["a", "b", "c"], None)


def test_properties_of_a_compute_environment_override(app: App) -> None:
    secret = {"AuthenticationConfiguration": {"SecretArn": "arn:aws:secretsmanager:us-east-1:1:secret:x"}}
    properties = {"HOST": "h", "PORT": "5432", "DATABASE": "d"}
    connections.create(
        app, ME, given("v2", "POSTGRESQL", ConnectionProperties=properties, SparkProperties={"HOST": "s"}, **secret)
    )
    assert connections.get(app, "v2")["ConnectionProperties"] == properties
    assert connections.get(app, "v2", environment="SPARK")["ConnectionProperties"] == {**properties, "HOST": "s"}
    assert connections.get(app, "v2")["ConnectionSchemaVersion"] == 2


WITHOUT_PASSWORD = {key: value for key, value in PROPERTIES.items() if key != "PASSWORD"}
REFUSED: list[tuple[str, dict[str, str], dict[str, Any], type[AwsError], str]] = [
    ("JDBC", {"USERNAME": "u"}, {}, InvalidInputException, "needs JDBC_CONNECTION_URL or HOST, PORT, JDBC_ENGINE"),
    ("JDBC", WITHOUT_PASSWORD, {}, InvalidInputException, "needs USERNAME, PASSWORD or SECRET_ID"),
    ("JDBC", PROPERTIES | {"JDBC_CONNECTION_URL": "pg://h"}, {}, InvalidInputException, "'pg://h' must begin"),
    ("JDBC", PROPERTIES | {"JDBC_ENFORCE_SSL": "yes"}, {}, InvalidInputException, "'yes' must be true or"),
    ("JDBC", PROPERTIES | {"PORT": "70000"}, {}, InvalidInputException, "PORT '70000' must be a port number"),
    ("SFTP", {}, {}, InvalidInputException, "SFTP is not supported"),
    ("NETWORK", {}, {}, InvalidInputException, "needs PhysicalConnectionRequirements"),
    ("KAFKA", {}, {}, InvalidInputException, "needs KAFKA_BOOTSTRAP_SERVERS"),
    ("MONGODB", {"USERNAME": "u", "PASSWORD": "p"}, {}, InvalidInputException, "needs CONNECTION_URL"),
    ("MARKETPLACE", {}, {}, InvalidInputException, "needs CONNECTOR_TYPE, CONNECTOR_URL"),
    ("MYSQL", {}, {"AuthenticationConfiguration": {"BasicAuthenticationCredentials": {"Username": "u"}}},
     OperationNotSupportedException, "BasicAuthenticationCredentials is not there yet"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "properties", "more", "error", "message"), REFUSED)
def test_what_is_refused(
    app: App, kind: str, properties: dict[str, str], more: dict[str, Any], error: type[AwsError], message: str
) -> None:
    with pytest.raises(error, match=message):
        connections.create(app, ME, given(kind=kind, ConnectionProperties=properties, **more))
    assert connections.page(app, {}, None, 10) == ([], None)


# -- over HTTP, with real databases


@pytest.fixture
def glue(server: Any) -> Any:
    return server.client("glue")


def refused(call: Any, **arguments: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_connection_lives_and_dies(glue: Any) -> None:
    arn = "arn:aws:glue:us-east-1:123456789012:connection/warehouse"
    assert glue.create_connection(ConnectionInput=given(), Tags={"team": "a"})["CreateConnectionStatus"] == "READY"
    assert glue.get_tags(ResourceArn=arn)["Tags"] == {"team": "a"}
    assert glue.get_connection(Name="warehouse")["Connection"]["ConnectionProperties"] == PROPERTIES
    assert (
        "PASSWORD" not in glue.get_connection(Name="warehouse", HidePassword=True)["Connection"]["ConnectionProperties"]
    )
    glue.update_connection(Name="warehouse", ConnectionInput=given(Description="new"))
    glue.create_connection(ConnectionInput=given("other"))
    pages = glue.get_paginator("get_connections").paginate(PaginationConfig={"PageSize": 1})
    assert [one["Name"] for page in pages for one in page["ConnectionList"]] == ["other", "warehouse"]
    glue.delete_connection(ConnectionName="warehouse")
    answer = glue.batch_delete_connection(ConnectionNameList=["other", "warehouse"])
    assert (answer["Succeeded"], answer["Errors"]["warehouse"]["ErrorCode"]) == (["other"], "EntityNotFoundException")
    assert refused(glue.get_connection, Name="warehouse")[0] == "EntityNotFoundException"
    assert refused(glue.delete_connection, ConnectionName="warehouse")[0] == "EntityNotFoundException"


@pytest.mark.parametrize("kind", [pytest.param("postgres", marks=pytest.mark.postgres), "mariadb"])
def test_a_connection_is_tested_by_connecting(
    glue: Any, server: Any, request: pytest.FixtureRequest, kind: str
) -> None:
    database: Database = request.getfixturevalue(kind)
    glue.create_connection(ConnectionInput=given("db", ConnectionProperties=database.properties))
    assert "LastConnectionValidationTime" not in glue.get_connection(Name="db")["Connection"]
    glue.test_connection(ConnectionName="db")
    assert "LastConnectionValidationTime" in glue.get_connection(Name="db")["Connection"]

    def test(**properties: str) -> tuple[str, str]:
        wanted = {"ConnectionType": "JDBC", "ConnectionProperties": database.properties | properties}
        return refused(glue.test_connection, TestConnectionInput=wanted)

    code, message = test(PASSWORD="wrong")
    assert code == "InvalidInputException"
    assert "as user 'glue'" in message and "wrong" not in message and PASSWORD not in message
    closed = database.url.replace(database.url.split(":")[3].split("/")[0], str(free_port()))
    assert "cannot connect" in test(JDBC_CONNECTION_URL=closed)[1]
    assert "nowhere" in test(JDBC_CONNECTION_URL=database.url.replace(database.name, "nowhere"))[1]

    secrets = server.client("secretsmanager")
    secrets.create_secret(Name="db/login", SecretString=json.dumps({"username": "glue", "password": PASSWORD}))
    by_secret = {"JDBC_CONNECTION_URL": database.url, "SECRET_ID": "db/login"}
    glue.test_connection(TestConnectionInput={"ConnectionType": "JDBC", "ConnectionProperties": by_secret})
    secrets.put_secret_value(SecretId="db/login", SecretString="[]")
    message = refused(
        glue.test_connection, TestConnectionInput={"ConnectionType": "JDBC", "ConnectionProperties": by_secret}
    )[1]
    assert "'db/login' must hold JSON with username and password" in message

    validated = given("validated", ConnectionProperties=database.properties | {"PASSWORD": "wrong"})
    code, _ = refused(glue.create_connection, ConnectionInput={**validated, "ValidateCredentials": True})
    assert code == "InvalidInputException"
    assert refused(glue.get_connection, Name="validated")[0] == "EntityNotFoundException"


def test_what_a_test_refuses(glue: Any) -> None:
    assert refused(glue.test_connection)[0] == "InvalidInputException"
    assert refused(glue.test_connection, ConnectionName="nope")[0] == "EntityNotFoundException"
    kafka = {"ConnectionType": "KAFKA", "ConnectionProperties": {"KAFKA_BOOTSTRAP_SERVERS": "b:9092"}}
    assert refused(glue.test_connection, TestConnectionInput=kafka)[0] == "OperationNotSupportedException"
    oracle = {
        "ConnectionType": "JDBC",
        "ConnectionProperties": PROPERTIES | {"JDBC_CONNECTION_URL": "jdbc:oracle:thin:@h"},
    }
    assert "is not a JDBC URL Mastic can connect to" in refused(glue.test_connection, TestConnectionInput=oracle)[1]

"""Connections: how jobs reach databases. What they connect with is encrypted before it reaches the database."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, select, update

from mastic import tags
from mastic.app import App
from mastic.catalog import wire
from mastic.catalog.tables import connections
from mastic.protocol.errors import (
    AlreadyExistsException,
    AwsError,
    EntityNotFoundException,
    InvalidInputException,
    OperationNotSupportedException,
)
from mastic.security import secrets
from mastic.security.vault import vault
from mastic.store.database import insert_if_absent

# The types of AWS's first schema; all others are described by AuthenticationConfiguration (schema version 2).
_FIRST_SCHEMA = ("JDBC", "KAFKA", "MONGODB", "NETWORK", "MARKETPLACE", "CUSTOM",
                 "VIEW_VALIDATION_REDSHIFT", "VIEW_VALIDATION_ATHENA")  # fmt: skip
_PROPERTIES = ("ConnectionProperties", "SparkProperties", "AthenaProperties", "PythonProperties")
_NOT_KEPT = ("Name", "ConnectionType", "ValidateCredentials", "ValidateForComputeEnvironments", *_PROPERTIES)
_BY_ENVIRONMENT = {"SPARK": "SparkProperties", "ATHENA": "AthenaProperties", "PYTHON": "PythonProperties"}
_ENGINES = {"POSTGRESQL": "postgresql", "MYSQL": "mysql", "ORACLE": "oracle", "SQLSERVER": "sqlserver"}


def create(app: App, caller_arn: str, given: dict[str, Any], new_tags: dict[str, str] | None = None) -> None:
    """Raises AlreadyExistsException, InvalidInputException; the latter also when asked-for validation fails."""
    _check(given)
    if given.get("ValidateCredentials") and given["ConnectionType"] in ("JDBC", *_ENGINES):
        test(app, given)
    now = app.clock.now()
    with app.store.write() as connection:
        row = {"name": given["Name"], "created_at": now, **_changed(app, caller_arn, given)}
        if not insert_if_absent(connection, connections, row):
            raise AlreadyExistsException(f"Connection {given['Name']} already exists.")
        tags.add(connection, _arn(app, given["Name"]), new_tags or {})


def get(app: App, name: str, *, hide_password: bool = False, environment: str = "") -> dict[str, Any]:
    """Raises EntityNotFoundException."""
    with app.store.read() as connection:
        found = _wire(app, _row(connection, name), hide_password)
    override = found.get(_BY_ENVIRONMENT.get(environment, ""))
    return found | {"ConnectionProperties": found["ConnectionProperties"] | override} if override else found


def page(
    app: App, wanted: dict[str, Any], after: str | None, limit: int, *, hide_password: bool = False
) -> tuple[list[dict[str, Any]], str | None]:
    """Connections that satisfy a GetConnectionsFilter in order of name, and the last name when there are more."""
    query = select(connections).order_by(connections.c.name)
    if after is not None:
        query = query.where(connections.c.name > after)
    if "ConnectionType" in wanted:
        query = query.where(connections.c.type == wanted["ConnectionType"])
    if "ConnectionSchemaVersion" in wanted:
        query = query.where(connections.c.schema_version == wanted["ConnectionSchemaVersion"])
    criteria = set(wanted.get("MatchCriteria", []))
    with app.store.read() as connection:
        rows = [row for row in connection.execute(query) if criteria <= set(row.body.get("MatchCriteria", []))]
    last = rows[limit - 1].name if len(rows) > limit else None
    return [_wire(app, row, hide_password) for row in rows[:limit]], last


def missing(app: App, names: list[str]) -> list[str]:
    """Those of these names that no connection has."""
    if not names:
        return []
    with app.store.read() as connection:
        there = set(connection.scalars(select(connections.c.name).where(connections.c.name.in_(names))))
    return [name for name in names if name not in there]


def change(app: App, caller_arn: str, name: str, given: dict[str, Any]) -> None:
    """Replace the definition. Raises EntityNotFoundException, InvalidInputException."""
    if given["Name"] != name:
        raise InvalidInputException(
            f"ConnectionInput.Name {given['Name']!r} must be {name!r}: a connection keeps its name"
        )
    _check(given)
    with app.store.write() as connection:
        _row(connection, name)
        values = _changed(app, caller_arn, given) | {"validated_at": None}
        connection.execute(update(connections).where(connections.c.name == name).values(**values))


def remove(app: App, name: str) -> None:
    """Raises EntityNotFoundException."""
    with app.store.write() as connection:
        _row(connection, name)
        connection.execute(delete(connections).where(connections.c.name == name))
        tags.forget(connection, _arn(app, name))


def remove_many(app: App, names: list[str]) -> tuple[list[str], dict[str, Any]]:
    """The names that were deleted, and what was wrong with each other one."""
    removed, errors = [], {}
    for name in dict.fromkeys(names):
        try:
            remove(app, name)
            removed.append(name)
        except AwsError as error:
            errors[name] = wire.error_detail(error)
    return removed, errors


def test_stored(app: App, name: str) -> None:
    """Connect as a connection says, and note when that worked. Raises EntityNotFound-, InvalidInputException."""
    test(app, get(app, name))
    with app.store.write() as connection:
        now = app.clock.now()
        connection.execute(update(connections).where(connections.c.name == name).values(validated_at=now))


def test(app: App, given: dict[str, Any]) -> None:
    """Connect with these properties. Raises InvalidInputException with the database's own words."""
    from awsglue._database import Database, DatabaseError

    kind = given["ConnectionType"]
    if kind not in ("JDBC", *_ENGINES):
        raise OperationNotSupportedException(f"a {kind} connection cannot be tested; JDBC connections can")
    _check(given)
    properties = given["ConnectionProperties"]
    url = properties.get("JDBC_CONNECTION_URL") or _url(kind, properties)
    user, password = _credentials(app, given)
    try:
        database = Database.of(url, user, password)
        database.connect(enforce_ssl=properties.get("JDBC_ENFORCE_SSL", "").lower() == "true").close()
    except DatabaseError as error:
        raise InvalidInputException(f"The connection test failed: {error}") from None


@tags.taggable("connection")
def _is_there(connection: Connection, name: str) -> bool:
    return connection.scalar(select(connections.c.name).where(connections.c.name == name)) is not None


def _arn(app: App, name: str) -> str:
    return app.arn(f"connection/{name}")


def _row(connection: Connection, name: str) -> Row[Any]:
    found = connection.execute(select(connections).where(connections.c.name == name)).one_or_none()
    if found is None:
        raise EntityNotFoundException(f"Connection {name} not found.")
    return found


def _changed(app: App, caller_arn: str, given: dict[str, Any]) -> dict[str, Any]:
    """The columns that every write of a definition sets."""
    held = msgspec.json.encode({key: given[key] for key in _PROPERTIES if key in given})
    return {
        "type": given["ConnectionType"],
        "schema_version": _schema_version(given),
        "body": {key: value for key, value in given.items() if key not in _NOT_KEPT},
        "properties": vault(app.settings).encrypt(held, _purpose(given["Name"])),
        "updated_at": app.clock.now(),
        "updated_by": caller_arn,
    }


def _purpose(name: str) -> str:
    return f"connection {name}"


def _schema_version(given: dict[str, Any]) -> int:
    return 1 if given["ConnectionType"] in _FIRST_SCHEMA and "AuthenticationConfiguration" not in given else 2


def _wire(app: App, row: Row[Any], hide_password: bool) -> dict[str, Any]:
    held: dict[str, dict[str, str]] = json.loads(vault(app.settings).decrypt(row.properties, _purpose(row.name)))
    if hide_password:
        held = {key: {k: v for k, v in one.items() if not k.endswith("PASSWORD")} for key, one in held.items()}
    return {
        **row.body,
        **held,
        "Name": row.name,
        "ConnectionType": row.type,
        "CreationTime": row.created_at,
        "LastUpdatedTime": row.updated_at,
        "LastUpdatedBy": row.updated_by,
        "Status": "READY",
        "LastConnectionValidationTime": row.validated_at,
        "ConnectionSchemaVersion": row.schema_version,
    }


def _check(given: dict[str, Any]) -> None:
    """AWS's rules on which properties a type needs. https://docs.aws.amazon.com/glue/latest/webapi/API_ConnectionInput.html"""
    kind, properties = given["ConnectionType"], given["ConnectionProperties"]
    if kind == "SFTP":
        raise InvalidInputException("ConnectionType SFTP is not supported")
    if kind == "NETWORK" and not given.get("PhysicalConnectionRequirements"):
        raise InvalidInputException("a NETWORK connection needs PhysicalConnectionRequirements")
    if kind == "JDBC":
        _need(kind, properties, ("JDBC_CONNECTION_URL",), ("HOST", "PORT", "JDBC_ENGINE"))
    if kind == "KAFKA":
        _need(kind, properties, ("KAFKA_BOOTSTRAP_SERVERS",))
    if kind == "MONGODB":
        _need(kind, properties, ("CONNECTION_URL",))
    if kind == "MARKETPLACE":
        _need(kind, properties, ("CONNECTOR_TYPE", "CONNECTOR_URL", "CONNECTOR_CLASS_NAME", "CONNECTION_URL"))
    signs_in = kind in ("JDBC", "MONGODB") or (kind == "MARKETPLACE" and properties["CONNECTOR_TYPE"].upper() == "JDBC")
    if signs_in and not given.get("AuthenticationConfiguration"):
        _need(kind, properties, ("USERNAME", "PASSWORD"), ("SECRET_ID",), ("USERNAME", "ENCRYPTED_PASSWORD"))
    _check_values(properties)
    _check_authentication(given.get("AuthenticationConfiguration") or {})


def _need(kind: str, properties: dict[str, str], *choices: tuple[str, ...]) -> None:
    if not any(all(name in properties for name in names) for names in choices):
        shown = " or ".join(", ".join(names) for names in choices)
        has = ", ".join(sorted(properties)) or "none"
        raise InvalidInputException(f"a {kind} connection needs {shown} in ConnectionProperties; it has {has}")


def _check_values(properties: dict[str, str]) -> None:
    url, port = properties.get("JDBC_CONNECTION_URL", "jdbc:"), properties.get("PORT", "1")
    if not url.startswith("jdbc:"):
        raise InvalidInputException(
            f"JDBC_CONNECTION_URL {url!r} must begin with jdbc:, as in jdbc:postgresql://host:5432/database"
        )
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise InvalidInputException(f"PORT {port!r} must be a port number")
    for name in ("JDBC_ENFORCE_SSL", "SKIP_CUSTOM_JDBC_CERT_VALIDATION", "KAFKA_SSL_ENABLED"):
        if properties.get(name, "true").lower() not in ("true", "false"):
            raise InvalidInputException(f"{name} {properties[name]!r} must be true or false")


def _check_authentication(given: dict[str, Any]) -> None:
    for member in ("OAuth2Properties", "BasicAuthenticationCredentials", "CustomAuthenticationCredentials"):
        if given.get(member):
            raise OperationNotSupportedException(
                f"AuthenticationConfiguration.{member} is not there yet; keep the credentials in Secrets Manager and "
                "send SecretArn"
            )


def _url(kind: str, properties: dict[str, str]) -> str:
    """The JDBC URL of HOST, PORT and JDBC_ENGINE (or of a type that is an engine)."""
    engine = _ENGINES.get(kind) or properties.get("JDBC_ENGINE", "").lower()
    for name in ("HOST", "PORT"):
        if name not in properties:
            raise InvalidInputException(f"ConnectionProperties needs {name} to connect")
    return f"jdbc:{engine}://{properties['HOST']}:{properties['PORT']}/{properties.get('DATABASE', '')}"


def _credentials(app: App, given: dict[str, Any]) -> tuple[str, str]:
    properties = given["ConnectionProperties"]
    secret_id = (given.get("AuthenticationConfiguration") or {}).get("SecretArn") or properties.get("SECRET_ID")
    if not secret_id:
        return properties.get("USERNAME", ""), properties.get("PASSWORD", "")
    try:
        held = json.loads(secrets.get_value(app, {"SecretId": secret_id}).get("SecretString", ""))
        return str(held["username"]), str(held["password"])
    except AwsError as error:
        raise InvalidInputException(f"secret {secret_id!r} cannot be read: {error.message}") from None
    except (ValueError, KeyError, TypeError):
        raise InvalidInputException(
            f"secret {secret_id!r} must hold JSON with username and password as its SecretString"
        ) from None

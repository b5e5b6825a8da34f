"""Secrets, their versions and staging labels, with AWS's rules; values are encrypted before they reach the database.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/Welcome.html
"""

from __future__ import annotations

import hmac
import re
import secrets as random
import string
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select
from sqlalchemy import delete as delete_from
from sqlalchemy import update as update_table

from mastic import tags
from mastic.app import App
from mastic.protocol.errors import (
    InvalidInputException,
    InvalidParameterException,
    InvalidRequestException,
    ResourceExistsException,
    ResourceNotFoundException,
    ValidationException,
)
from mastic.security.tables import secret_stages, secret_versions, secrets
from mastic.security.vault import vault
from mastic.store.database import upsert

CURRENT, PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"
MOST_VERSIONS = 100  # AWS forgets unlabelled versions beyond this
DEFAULT_RECOVERY_DAYS = 30
_NAME = re.compile(r"[A-Za-z0-9/_+=.@!-]+")
_SUFFIX_LETTERS = string.ascii_letters + string.digits
_NOT_FOUND = "Secrets Manager can't find the specified secret."


@dataclass(frozen=True)
class Secret:
    """A secret's row."""

    name: str
    arn: str
    description: str | None
    kms_key_id: str | None
    type: str | None
    created_on: datetime
    last_changed_on: datetime
    last_accessed_on: datetime | None
    deleted_on: datetime | None
    purge_on: datetime | None


@dataclass(frozen=True)
class Value:
    """What a version holds."""

    content: bytes
    is_binary: bool

    def same_as(self, other: Value) -> bool:
        """Compared in constant time."""
        return self.is_binary == other.is_binary and hmac.compare_digest(self.content, other.content)


def create(app: App, request: dict[str, Any]) -> dict[str, Any]:
    """CreateSecret."""
    name, value = request["Name"], _value(request)
    if not _NAME.fullmatch(name):
        raise ValidationException(
            f"Invalid name {name!r}. Must be a valid name containing alphanumeric characters, or any of: -/_+=.@!"
        )
    if request.get("AddReplicaRegions"):
        raise InvalidParameterException("AddReplicaRegions: Mastic is one region; leave it out")
    version_id = request.get("ClientRequestToken") or str(uuid.uuid4())
    now = app.clock.now()
    with app.store.write() as connection:
        _purge_due(app, connection)
        existing = _find(app, connection, name)
        if existing:
            return _create_again(app, connection, existing, version_id, value)
        connection.execute(
            insert(secrets).values(
                name=name,
                suffix="".join(random.choice(_SUFFIX_LETTERS) for _ in range(6)),
                description=request.get("Description"),
                kms_key_id=request.get("KmsKeyId"),
                type=request.get("Type"),
                created_on=now,
                last_changed_on=now,
            )
        )
        secret = get(app, connection, name)
        _add_tags(connection, secret.arn, request.get("Tags", []))
        if value is None:
            return {"ARN": secret.arn, "Name": name}
        _add_version(app, connection, name, version_id, value, [CURRENT])
    return {"ARN": secret.arn, "Name": name, "VersionId": version_id}


def get_value(app: App, request: dict[str, Any]) -> dict[str, Any]:
    """GetSecretValue."""
    today = app.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    with app.store.read() as connection:
        secret = usable(app, connection, request["SecretId"])
        version_id = _wanted_version(connection, secret.name, request)
        row = _version(connection, secret.name, version_id)
        if row is None:
            raise ResourceNotFoundException(
                f"Secrets Manager can't find the specified secret value for VersionId: {version_id}"
            )
        labels = stages(connection, secret.name).get(version_id, [])
    if secret.last_accessed_on != today:  # AWS keeps the day only, so a busy secret is not written on every read
        with app.store.write() as connection:
            _change(connection, secret.name, last_accessed_on=today)
    value = _decrypt(app, secret.name, row)
    shown = {"SecretBinary": value.content} if value.is_binary else {"SecretString": value.content.decode()}
    return {
        "ARN": secret.arn,
        "Name": secret.name,
        "VersionId": version_id,
        "VersionStages": labels,
        "CreatedDate": row.created_on,
        **shown,
    }


def put_value(app: App, request: dict[str, Any]) -> dict[str, Any]:
    """PutSecretValue."""
    value = _value(request)
    if value is None:
        raise InvalidRequestException("You must provide either SecretString or SecretBinary.")
    version_id = request.get("ClientRequestToken") or str(uuid.uuid4())
    with app.store.write() as connection:
        secret = usable(app, connection, request["SecretId"])
        _put(app, connection, secret, version_id, value, request.get("VersionStages") or [CURRENT])
        labels = stages(connection, secret.name).get(version_id, [])
    return {"ARN": secret.arn, "Name": secret.name, "VersionId": version_id, "VersionStages": labels}


def update(app: App, request: dict[str, Any]) -> dict[str, Any]:
    """UpdateSecret."""
    value = _value(request)
    columns = {"Description": "description", "KmsKeyId": "kms_key_id", "Type": "type"}
    changes = {column: request[member] for member, column in columns.items() if member in request}
    with app.store.write() as connection:
        secret = usable(app, connection, request["SecretId"])
        _change(connection, secret.name, **changes, last_changed_on=app.clock.now())
        if value is None:
            return {"ARN": secret.arn, "Name": secret.name}
        version_id = request.get("ClientRequestToken") or str(uuid.uuid4())
        _put(app, connection, secret, version_id, value, [CURRENT])
    return {"ARN": secret.arn, "Name": secret.name, "VersionId": version_id}


def describe(app: App, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeSecret; of a deleted one too, until its recovery window ends."""
    with app.store.read() as connection:
        secret = get(app, connection, request["SecretId"])
        versions = stages(connection, secret.name)
        labels = tags.of(connection, secret.arn)
    return {**summary(secret, labels), "VersionIdsToStages": versions or None}


def delete(app: App, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteSecret: recoverable for some days, or gone at once when forced."""
    days, forced = request.get("RecoveryWindowInDays"), request.get("ForceDeleteWithoutRecovery", False)
    if forced and days is not None:
        raise InvalidParameterException(
            "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."
        )
    if days is not None and not 7 <= days <= 30:
        raise InvalidParameterException(
            f"The RecoveryWindowInDays value must be between 7 and 30 days (inclusive), not {days}."
        )
    now = app.clock.now()
    with app.store.write() as connection:
        secret = _find(app, connection, request["SecretId"])
        if forced:
            if secret:
                _erase(connection, secret)
            arn = secret.arn if secret else _arn(app, request["SecretId"].rsplit(":", 1)[-1])
            return {"ARN": arn, "Name": secret.name if secret else request["SecretId"], "DeletionDate": now}
        secret = usable(app, connection, request["SecretId"])
        purge_on = now + timedelta(days=days or DEFAULT_RECOVERY_DAYS)
        _change(connection, secret.name, deleted_on=now, purge_on=purge_on)
    return {"ARN": secret.arn, "Name": secret.name, "DeletionDate": purge_on}


def restore(app: App, request: dict[str, Any]) -> dict[str, Any]:
    """RestoreSecret."""
    with app.store.write() as connection:
        secret = get(app, connection, request["SecretId"])
        _change(connection, secret.name, deleted_on=None, purge_on=None)
    return {"ARN": secret.arn, "Name": secret.name}


def tag(app: App, request: dict[str, Any]) -> dict[str, Any]:
    """TagResource."""
    with app.store.write() as connection:
        _add_tags(connection, usable(app, connection, request["SecretId"]).arn, request["Tags"])
    return {}


def untag(app: App, request: dict[str, Any]) -> dict[str, Any]:
    """UntagResource."""
    with app.store.write() as connection:
        tags.remove(connection, usable(app, connection, request["SecretId"]).arn, request["TagKeys"])
    return {}


def get(app: App, connection: Connection, secret_id: str) -> Secret:
    """The secret of a name, an ARN or an ARN without its random end. Raises ResourceNotFoundException."""
    found = _find(app, connection, secret_id)
    if found is None:
        raise ResourceNotFoundException(_NOT_FOUND)
    return found


def usable(app: App, connection: Connection, secret_id: str) -> Secret:
    """Like `get`, and refuses a secret that is marked for deletion."""
    secret = get(app, connection, secret_id)
    if secret.deleted_on:
        raise InvalidRequestException(
            "You can't perform this operation on the secret because it was marked for deletion."
        )
    return secret


def summary(secret: Secret, labels: dict[str, str]) -> dict[str, Any]:
    """What DescribeSecret and ListSecrets have in common."""
    return {
        "ARN": secret.arn,
        "Name": secret.name,
        "Type": secret.type,
        "Description": secret.description,
        "KmsKeyId": secret.kms_key_id,
        "LastChangedDate": secret.last_changed_on,
        "LastAccessedDate": secret.last_accessed_on,
        "DeletedDate": secret.deleted_on,
        "Tags": [{"Key": key, "Value": value} for key, value in labels.items()] or None,
        "CreatedDate": secret.created_on,
    }


def stages(connection: Connection, name: str) -> dict[str, list[str]]:
    """Version id to its staging labels."""
    query = select(secret_stages.c.version_id, secret_stages.c.stage).where(secret_stages.c.secret_name == name)
    found: dict[str, list[str]] = {}
    for version_id, stage in connection.execute(query.order_by(secret_stages.c.stage)):
        found.setdefault(version_id, []).append(stage)
    return found


def from_row(app: App, row: Row[Any]) -> Secret:
    """A Secret of a row of the table."""
    columns = row._asdict()
    return Secret(arn=_arn(app, f"{row.name}-{columns.pop('suffix')}"), **columns)


def _find(app: App, connection: Connection, secret_id: str) -> Secret | None:
    prefix = _arn(app, "")
    candidates = [secret_id]
    if secret_id.startswith("arn:"):
        if not secret_id.startswith(prefix):
            return None
        rest = secret_id.removeprefix(prefix)
        candidates = [rest[:-7], rest]  # whole ARN first, then one without the random end
    now = app.clock.now()
    for name in candidates:
        row = connection.execute(select(secrets).where(secrets.c.name == name)).one_or_none()
        if row is None or (row.purge_on is not None and row.purge_on <= now):
            continue
        secret = from_row(app, row)
        if name == secret_id or secret_id in (secret.arn, prefix + name):
            return secret
    return None


def _arn(app: App, resource: str) -> str:
    return app.arn(f"secret:{resource}", "secretsmanager")


def _value(request: dict[str, Any]) -> Value | None:
    if "SecretString" in request and "SecretBinary" in request:
        raise InvalidParameterException("You can't specify both SecretString and SecretBinary.")
    if "SecretString" in request:
        return Value(request["SecretString"].encode(), False)
    return Value(request["SecretBinary"], True) if "SecretBinary" in request else None


def _create_again(
    app: App, connection: Connection, secret: Secret, version_id: str, value: Value | None
) -> dict[str, Any]:
    """A repeated CreateSecret with the same token and value is the same request; any other is refused."""
    if secret.deleted_on:
        raise InvalidRequestException(
            "You can't create this secret because a secret with this name is already scheduled for deletion."
        )
    row = _version(connection, secret.name, version_id)
    if row is None or value is None or not value.same_as(_decrypt(app, secret.name, row)):
        raise ResourceExistsException(f"The operation failed because the secret {secret.name} already exists.")
    return {"ARN": secret.arn, "Name": secret.name, "VersionId": version_id}


def _put(app: App, connection: Connection, secret: Secret, version_id: str, value: Value, wanted: list[str]) -> None:
    existing = _version(connection, secret.name, version_id)
    if existing is not None:
        if not value.same_as(_decrypt(app, secret.name, existing)):
            raise ResourceExistsException(
                f"You can't modify a version that already exists: version {version_id} has another value."
            )
        return
    is_first = CURRENT not in {stage for group in stages(connection, secret.name).values() for stage in group}
    _add_version(app, connection, secret.name, version_id, value, [*wanted, *([CURRENT] if is_first else [])])
    _change(connection, secret.name, last_changed_on=app.clock.now())


def _add_version(app: App, connection: Connection, name: str, version_id: str, value: Value, wanted: list[str]) -> None:
    connection.execute(
        insert(secret_versions).values(
            secret_name=name,
            id=version_id,
            value=vault(app.settings).encrypt(value.content, _purpose(name, version_id)),
            is_binary=int(value.is_binary),
            created_on=app.clock.now(),
        )
    )
    for stage in dict.fromkeys(wanted):
        _move_stage(connection, name, stage, version_id)
    _forget_old_versions(connection, name)


def _move_stage(connection: Connection, name: str, stage: str, version_id: str) -> None:
    """A label leaves the version it was on; when AWSCURRENT leaves one, AWSPREVIOUS goes there."""
    query = select(secret_stages.c.version_id).where(
        secret_stages.c.secret_name == name, secret_stages.c.stage == stage
    )
    before = connection.scalar(query)
    rows = [{"secret_name": name, "stage": stage, "version_id": version_id}]
    if stage == CURRENT and before and before != version_id:
        rows.append({"secret_name": name, "stage": PREVIOUS, "version_id": before})
    upsert(connection, secret_stages, rows, keys=("secret_name", "stage"))


def _forget_old_versions(connection: Connection, name: str) -> None:
    labelled = select(secret_stages.c.version_id).where(secret_stages.c.secret_name == name)
    newest = (
        select(secret_versions.c.id)
        .where(secret_versions.c.secret_name == name)
        .order_by(secret_versions.c.created_on.desc())
        .limit(MOST_VERSIONS)
    )
    connection.execute(
        delete_from(secret_versions)
        .where(secret_versions.c.secret_name == name)
        .where(secret_versions.c.id.not_in(labelled), secret_versions.c.id.not_in(newest))
    )


def _wanted_version(connection: Connection, name: str, request: dict[str, Any]) -> str:
    version_id, stage = request.get("VersionId"), request.get("VersionStage")
    if version_id and not stage:
        return str(version_id)
    stage = stage or CURRENT
    found = next((v for v, labels in stages(connection, name).items() if stage in labels), None)
    if found is None:
        raise ResourceNotFoundException(
            f"Secrets Manager can't find the specified secret value for staging label: {stage}"
        )
    if version_id and version_id != found:
        raise InvalidRequestException("You provided a VersionStage that is not associated to the provided VersionId.")
    return found


def _version(connection: Connection, name: str, version_id: str) -> Row[Any] | None:
    query = select(secret_versions).where(secret_versions.c.secret_name == name, secret_versions.c.id == version_id)
    return connection.execute(query).one_or_none()


def _decrypt(app: App, name: str, row: Row[Any]) -> Value:
    return Value(vault(app.settings).decrypt(row.value, _purpose(name, row.id)), bool(row.is_binary))


def _purpose(name: str, version_id: str) -> str:
    return f"secret {name} version {version_id}"


def _change(connection: Connection, name: str, **values: Any) -> None:
    connection.execute(update_table(secrets).where(secrets.c.name == name).values(**values))


def _add_tags(connection: Connection, arn: str, wanted: list[dict[str, str]]) -> None:
    try:
        tags.add(connection, arn, {one["Key"]: one.get("Value", "") for one in wanted if "Key" in one})
    except InvalidInputException as error:  # Secrets Manager's word for it
        raise InvalidParameterException(error.message) from None


def _purge_due(app: App, connection: Connection) -> None:
    """Erase what has outlived its recovery window; until then nobody can see it."""
    for row in connection.execute(select(secrets).where(secrets.c.purge_on <= app.clock.now())).all():
        _erase(connection, from_row(app, row))


def _erase(connection: Connection, secret: Secret) -> None:
    for table in (secret_stages, secret_versions):
        connection.execute(delete_from(table).where(table.c.secret_name == secret.name))
    connection.execute(delete_from(secrets).where(secrets.c.name == secret.name))
    tags.forget(connection, secret.arn)

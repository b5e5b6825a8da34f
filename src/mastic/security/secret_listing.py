"""ListSecrets and ListSecretVersionIds: filters, order and pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, or_, select

from mastic import tags
from mastic.app import App
from mastic.protocol.errors import InvalidInputException, InvalidNextTokenException
from mastic.protocol.pagination import decode_token, encode_token
from mastic.security.secrets import Secret, from_row, get, stages, summary
from mastic.security.tables import secret_versions, secrets

DEFAULT_PAGE = 100
_BATCH = 200
_SORT_COLUMNS = {
    "created-date": "created_on",
    "last-changed-date": "last_changed_on",
    "last-accessed-date": "last_accessed_on",
    "name": "name",
}

Described = dict[str, Any]


def list_secrets(app: App, request: dict[str, Any]) -> dict[str, Any]:
    """ListSecrets."""
    most = request.get("MaxResults", DEFAULT_PAGE)
    filters = [_filter(one) for one in request.get("Filters", [])]
    found: list[Described] = []
    last: Secret | None = None
    with app.store.read() as connection:
        for secret in _ordered(app, connection, request):
            described = summary(secret, tags.of(connection, secret.arn))
            if not all(accepts(described, app) for accepts in filters):
                continue
            if len(found) == most and last is not None:
                return {"SecretList": found, "NextToken": encode_token(_key(last, request))}
            by_version = stages(connection, secret.name)
            found.append({**described, "SecretVersionsToStages": by_version or None})
            last = secret
    return {"SecretList": found}


def list_versions(app: App, request: dict[str, Any]) -> dict[str, Any]:
    """ListSecretVersionIds, oldest first; versions without a label only when asked for."""
    most = request.get("MaxResults", DEFAULT_PAGE)
    after = _decode(request.get("NextToken"))
    columns = secret_versions.c
    with app.store.read() as connection:
        secret = get(app, connection, request["SecretId"])
        labels = stages(connection, secret.name)
        query = select(columns.id, columns.created_on).where(columns.secret_name == secret.name)
        if not request.get("IncludeDeprecated"):
            query = query.where(columns.id.in_(list(labels)))
        if after:
            at = datetime.fromisoformat(after["at"])
            query = query.where(or_(columns.created_on > at, and_(columns.created_on == at, columns.id > after["id"])))
        rows = connection.execute(query.order_by(columns.created_on, columns.id).limit(most + 1)).all()
    page = rows[:most]
    versions = [
        {"VersionId": row.id, "VersionStages": labels.get(row.id), "CreatedDate": row.created_on} for row in page
    ]
    more = len(rows) > most
    token = encode_token({"at": page[-1].created_on.isoformat(), "id": page[-1].id}) if more else None
    return {"ARN": secret.arn, "Name": secret.name, "Versions": versions, "NextToken": token}


def _ordered(app: App, connection: Connection, request: dict[str, Any]) -> Iterator[Secret]:
    """The secrets after the token's, in the order asked for, read in batches."""
    by = request.get("SortBy", "created-date")
    column = secrets.c[_SORT_COLUMNS[by]]
    descending = request.get("SortOrder") == "desc"
    after = _decode(request.get("NextToken"))
    if after and after.get("by") != by:
        raise InvalidNextTokenException("NextToken belongs to a listing in another order: repeat SortBy unchanged")
    position = _position(after) if after else None
    while True:
        query = select(secrets)
        if by == "last-accessed-date":
            query = query.where(column.is_not(None))
        if not request.get("IncludePlannedDeletion"):
            query = query.where(secrets.c.deleted_on.is_(None))
        else:
            query = query.where(or_(secrets.c.purge_on.is_(None), secrets.c.purge_on > app.clock.now()))
        if position:
            value, name = position
            beyond = column < value if descending else column > value
            beyond_name = secrets.c.name < name if descending else secrets.c.name > name
            query = query.where(or_(beyond, and_(column == value, beyond_name)))
        order = (column.desc(), secrets.c.name.desc()) if descending else (column, secrets.c.name)
        rows = connection.execute(query.order_by(*order).limit(_BATCH)).all()
        yield from (from_row(app, row) for row in rows)
        if len(rows) < _BATCH:
            return
        position = (getattr(rows[-1], _SORT_COLUMNS[by]), rows[-1].name)


def _key(secret: Secret, request: dict[str, Any]) -> dict[str, Any]:
    by = request.get("SortBy", "created-date")
    value = getattr(secret, _SORT_COLUMNS[by])
    return {"by": by, "value": value.isoformat() if isinstance(value, datetime) else value, "name": secret.name}


def _position(after: dict[str, Any]) -> tuple[Any, str]:
    value = after["value"] if after["by"] == "name" else datetime.fromisoformat(after["value"])
    return value, after["name"]


def _decode(token: str | None) -> dict[str, Any] | None:
    try:
        return decode_token(token)
    except InvalidInputException as error:  # Secrets Manager's word for it
        raise InvalidNextTokenException(error.message) from None


def _filter(one: dict[str, Any]) -> Callable[[Described, App], bool]:
    """One filter: any of its values matches; a value that begins with `!` must not."""
    key, values = one.get("Key", "all"), one.get("Values", [])

    def accepts(described: Described, app: App) -> bool:
        texts = _searched(key, described, app)
        return any(_matches(key, value, texts) for value in values)

    return accepts


def _matches(key: str, value: str, texts: list[str]) -> bool:
    if value.startswith("!"):
        return not _matches(key, value[1:], texts)
    if key == "all":
        words = value.lower().split()
        return any(word in text.lower() for word in words for text in texts)
    if key == "description":
        return any(text.lower().startswith(value.lower()) for text in texts)
    return any(text.startswith(value) for text in texts)


def _searched(key: str, described: Described, app: App) -> list[str]:
    labels = described["Tags"] or []
    fields = {
        "name": [described["Name"]],
        "description": [described["Description"] or ""],
        "tag-key": [label["Key"] for label in labels],
        "tag-value": [label["Value"] for label in labels],
        "primary-region": [app.settings.region],
        "owning-service": [],
    }
    return [text for texts in fields.values() for text in texts] if key == "all" else fields[key]

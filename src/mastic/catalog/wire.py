"""Between rows and what the API speaks: what was given, unchanged, and what AWS fills in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row

from mastic.app import App
from mastic.catalog.rows import fold
from mastic.protocol.errors import AwsError

# What AWS grants on new tables unless Lake Formation says otherwise.
DEFAULT_PERMISSIONS = [{"Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}, "Permissions": ["ALL"]}]
_DESCRIPTOR = {"Compressed": False, "NumberOfBuckets": 0, "SortColumns": [], "StoredAsSubDirectories": False}
_TIMES = ("LastAccessTime", "LastAnalyzedTime")


def database(app: App, row: Row[Any]) -> dict[str, Any]:
    """A database as GetDatabase answers it."""
    return {
        "CreateTableDefaultPermissions": DEFAULT_PERMISSIONS,
        **row.body,
        "Name": row.name,
        "CreateTime": row.created_at,
        "CatalogId": app.settings.account_id,
    }


def table(app: App, database_name: str, row: Row[Any], version: Row[Any] | None = None) -> dict[str, Any]:
    """A table as GetTable answers it, or one of its archived versions."""
    shown = row if version is None else version
    found = {
        "Retention": 0,
        **times_from_epoch(shown.body),
        "Name": row.name,
        "DatabaseName": fold(database_name),
        "CreateTime": row.created_at,
        "UpdateTime": shown.updated_at,
        "CreatedBy": row.created_by,
        "IsRegisteredWithLakeFormation": False,
        "CatalogId": app.settings.account_id,
        "VersionId": str(shown.version),
    }
    if "StorageDescriptor" in found:
        found["StorageDescriptor"] = _DESCRIPTOR | found["StorageDescriptor"]
    return found


def partition(
    app: App, database_name: str, table_name: str, row: Row[Any], descriptor: dict[str, Any] | None
) -> dict[str, Any]:
    """A partition as GetPartition answers it; `descriptor` is what it shares with others of its table."""
    body = times_from_epoch(row.body)
    own = body.pop("StorageDescriptor", {})
    found = {
        **body,
        "DatabaseName": fold(database_name),
        "TableName": fold(table_name),
        "CreationTime": row.created_at,
        "CatalogId": app.settings.account_id,
    }
    if descriptor is not None:
        found["StorageDescriptor"] = {**_DESCRIPTOR, **descriptor, **own}
    return found


def times_to_epoch(body: dict[str, Any]) -> dict[str, Any]:
    """The body with its times as epoch seconds, ready to be stored as JSON."""
    times = {name: body[name].timestamp() for name in _TIMES if isinstance(body.get(name), datetime)}
    return body | times if times else body


def times_from_epoch(body: dict[str, Any]) -> dict[str, Any]:
    """The stored body with its times as datetimes again."""
    times = {name: datetime.fromtimestamp(body[name], UTC) for name in _TIMES if body.get(name) is not None}
    return body | times if times else body


def error_detail(error: AwsError) -> dict[str, str]:
    """One entry's error in the answer of a batch operation."""
    return {"ErrorCode": error.code, "ErrorMessage": error.message}

"""Table versions: what a table's definition was before each change."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from mastic.app import App
from mastic.catalog import wire
from mastic.catalog.rows import fold, table_row
from mastic.catalog.tables import table_versions
from mastic.protocol.errors import AwsError, EntityNotFoundException, InvalidInputException


def archive(connection: Connection, row: Row[Any], kept: int) -> None:
    """Keep a table's definition as it is; with `kept` above 0 only that many versions stay."""
    values = {"table_id": row.id, "version": row.version, "body": row.body, "updated_at": row.updated_at}
    connection.execute(table_versions.insert().values(values))
    if kept:
        mine = table_versions.c.table_id == row.id
        newest = select(table_versions.c.version).where(mine).order_by(table_versions.c.version.desc())
        oldest_kept = connection.scalar(newest.offset(kept - 1).limit(1))
        if oldest_kept is not None:
            connection.execute(delete(table_versions).where(mine, table_versions.c.version < oldest_kept))


def get(app: App, database: str, name: str, version: str | None) -> dict[str, Any]:
    """One version, the current one by default. Raises EntityNotFoundException, InvalidInputException."""
    with app.store.read() as connection:
        table = table_row(connection, database, name)
        number = table.version if version is None else _number(version)
        if number == table.version:
            return _wire(app, database, table, table)
        row = connection.execute(
            select(table_versions).where(table_versions.c.table_id == table.id, table_versions.c.version == number)
        ).one_or_none()
    if row is None:
        raise EntityNotFoundException(f"Version {version} of table {fold(name)} not found.")
    return _wire(app, database, table, row)


def page(app: App, database: str, name: str, below: int | None, limit: int) -> tuple[list[dict[str, Any]], int | None]:
    """Versions, newest (the current one) first, and the last number when there are more."""
    with app.store.read() as connection:
        table = table_row(connection, database, name)
        wanted = select(table_versions).where(table_versions.c.table_id == table.id)
        if below is not None:
            wanted = wanted.where(table_versions.c.version < below)
        rows = list(connection.execute(wanted.order_by(table_versions.c.version.desc()).limit(limit + 1)))
    if below is None:
        rows.insert(0, table)
    found = [_wire(app, database, table, row) for row in rows[:limit]]
    return found, rows[limit - 1].version if len(rows) > limit else None


def remove(app: App, database: str, name: str, version: str) -> None:
    """Delete an archived version. Raises EntityNotFoundException; the current version cannot be deleted."""
    with app.store.write() as connection:
        _remove(connection, table_row(connection, database, name, lock=True), version)


def remove_many(app: App, database: str, name: str, wanted: Iterable[str]) -> list[dict[str, Any]]:
    """Delete versions; those that cannot be deleted come back as errors."""
    errors = []
    with app.store.write() as connection:
        table = table_row(connection, database, name, lock=True)
        for version in wanted:
            try:
                _remove(connection, table, version)
            except AwsError as error:
                detail = wire.error_detail(error)
                errors.append({"TableName": table.name, "VersionId": version, "ErrorDetail": detail})
    return errors


def _remove(connection: Connection, table: Row[Any], version: str) -> None:
    number = _number(version)
    if number == table.version:
        raise InvalidInputException(f"VersionId {version} is the current version of table {table.name}; it stays")
    gone = connection.execute(
        delete(table_versions).where(table_versions.c.table_id == table.id, table_versions.c.version == number)
    )
    if not gone.rowcount:
        raise EntityNotFoundException(f"Version {version} of table {table.name} not found.")


def _number(version: str) -> int:
    if not version.isascii() or not version.isdigit() or len(version) > 9:
        raise InvalidInputException(f"VersionId {version!r} is not the number of a version, such as '3'")
    return int(version)


def _wire(app: App, database: str, table: Row[Any], row: Row[Any]) -> dict[str, Any]:
    return {"Table": wire.table(app, database, table, row), "VersionId": str(row.version)}

"""Tables: their definitions, changed by compare-and-swap on their version."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, delete, select, update

from mastic.app import App
from mastic.catalog import indexes, versions, wire
from mastic.catalog.iceberg import check_pointer
from mastic.catalog.name_pattern import NamePattern, compile_pattern
from mastic.catalog.partition_rows import rekey
from mastic.catalog.rows import database_row, fold, table_row
from mastic.catalog.tables import MAX_PARTITION_KEYS, tables
from mastic.protocol.errors import (
    AlreadyExistsException,
    ConcurrentModificationException,
    EntityNotFoundException,
    InvalidInputException,
    OperationNotSupportedException,
)
from mastic.store.database import insert_new

_NOT_YET = ("TargetTable", "FederatedTable")
_NAMES_PER_SCAN = 1000


def create(
    app: App, caller_arn: str, database: str, given: dict[str, Any], declared: Iterable[dict[str, Any]] = ()
) -> None:
    """Raises EntityNotFoundException (database), AlreadyExistsException, InvalidInputException."""
    name, body = _split(given)
    now = app.clock.now()
    with app.store.write() as connection:
        row = {
            "database_id": database_row(connection, database).id,
            "name": name,
            "version": 0,
            "body": body,
            "created_by": caller_arn,
            "created_at": now,
            "updated_at": now,
        }
        table_id = connection.execute(insert_new(connection, tables).returning(tables.c.id), row).scalar()
        if table_id is None:
            raise AlreadyExistsException(f"Table {name} already exists.")
        for index in declared:
            indexes.add(connection, table_id, name, body, index)


def get(app: App, database: str, name: str) -> dict[str, Any]:
    """Raises EntityNotFoundException."""
    with app.store.read() as connection:
        return wire.table(app, database, table_row(connection, database, name))


def page(
    app: App, database: str, expression: str | None, after: str | None, limit: int
) -> tuple[list[dict[str, Any]], str | None]:
    """Tables in order of name, and the last name when there are more.

    `expression` is a regular expression that must match the whole name. Raises InvalidInputException for one that
    does not compile, EntityNotFoundException for the database.
    """
    pattern = compile_pattern(expression, tables.c.name)
    with app.store.read() as connection:
        database_id = database_row(connection, database).id
        names = _names(connection, database_id, pattern, after, limit + 1)
        wanted = select(tables).where(tables.c.database_id == database_id, tables.c.name.in_(names[:limit]))
        rows = connection.execute(wanted.order_by(tables.c.name)).all()
    return [wire.table(app, database, row) for row in rows], names[limit - 1] if len(names) > limit else None


def change(
    app: App, database: str, given: dict[str, Any], *, version: str | None = None, skip_archive: bool = False
) -> None:
    """Replace a definition; the one before is kept as a version unless `skip_archive`.

    Raises EntityNotFoundException, InvalidInputException, ConcurrentModificationException when `version` is not the
    current one or an Iceberg pointer would be moved unseen.
    """
    name, body = _split(given)
    with app.store.write() as connection:
        row = table_row(connection, database, name, lock=True)
        if version is not None and version != str(row.version):
            raise ConcurrentModificationException(
                f"Update table failed due to concurrent modifications: table {name} is at version {row.version}, "
                f"the update was made for version {version}"
            )
        check_pointer(name, row.body, body, compared_version=version is not None)
        rekey(connection, row.id, row.body, body)
        if not skip_archive:
            versions.archive(connection, row, app.settings.table_versions_kept)
        changed = {"version": row.version + 1, "body": body, "updated_at": app.clock.now()}
        connection.execute(update(tables).where(tables.c.id == row.id).values(changed))


def remove(app: App, database: str, name: str) -> None:
    """Delete a table with its versions and partitions. Raises EntityNotFoundException."""
    with app.store.write() as connection:
        row = table_row(connection, database, name, lock=True)
        connection.execute(delete(tables).where(tables.c.id == row.id))


def remove_many(app: App, database: str, names: Iterable[str]) -> list[dict[str, Any]]:
    """Delete tables; those that are not there come back as errors. Raises EntityNotFoundException (database)."""
    errors = []
    with app.store.write() as connection:
        database_row(connection, database)
        for name in names:
            try:
                row = table_row(connection, database, name, lock=True)
            except EntityNotFoundException as error:
                errors.append({"TableName": name, "ErrorDetail": wire.error_detail(error)})
                continue
            connection.execute(delete(tables).where(tables.c.id == row.id))
    return errors


def _split(given: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    name = fold(given["Name"])
    for member in _NOT_YET:
        if given.get(member):
            raise OperationNotSupportedException(
                f"TableInput.{member}: links to other catalogs are not there yet; create the table without it"
            )
    keys = [key["Name"].lower() for key in given.get("PartitionKeys") or []]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise InvalidInputException(f"TableInput.PartitionKeys of table {name} has {twice[0]!r} more than once")
    if len(keys) > MAX_PARTITION_KEYS:
        raise InvalidInputException(
            f"TableInput.PartitionKeys of table {name} has {len(keys)} keys; at most {MAX_PARTITION_KEYS} are possible"
        )
    return name, wire.times_to_epoch({key: value for key, value in given.items() if key != "Name"})


def _names(connection: Connection, database_id: int, pattern: NamePattern, after: str | None, limit: int) -> list[str]:
    """The next `limit` names that match, reading names only."""
    found: list[str] = []
    per_scan = _NAMES_PER_SCAN if pattern.keep else limit
    while len(found) < limit:
        wanted = select(tables.c.name).where(tables.c.database_id == database_id, pattern.condition)
        if after is not None:
            wanted = wanted.where(tables.c.name > after)
        names = list(connection.scalars(wanted.order_by(tables.c.name).limit(per_scan)))
        found += pattern.keep(names) if pattern.keep else names
        if len(names) < per_scan:
            break
        after = names[-1]
    return found[:limit]

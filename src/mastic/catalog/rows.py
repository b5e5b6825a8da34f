"""Finding the rows that names in a request stand for, with AWS's errors when there are none."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from mastic.catalog.tables import databases, tables
from mastic.protocol.errors import EntityNotFoundException


def fold(name: str) -> str:
    """Names are kept in lower case, as AWS does for Hive."""
    return name.lower()


def database_row(connection: Connection, name: str) -> Row[Any]:
    """The database's row. Raises EntityNotFoundException."""
    found = connection.execute(select(databases).where(databases.c.name == fold(name))).one_or_none()
    if found is None:
        raise EntityNotFoundException(f"Database {fold(name)} not found.")
    return found


def table_row(connection: Connection, database: str, name: str, *, lock: bool = False) -> Row[Any]:
    """The table's row. Raises EntityNotFoundException for the database or the table, whichever is missing.

    Whoever changes a table or its partitions locks it: writers of one table take turns, so that none waits for
    another in a ring, and partitions get their ids in the order in which they become visible.
    """
    wanted = (
        select(tables)
        .join(databases, databases.c.id == tables.c.database_id)
        .where(databases.c.name == fold(database), tables.c.name == fold(name))
    )
    if lock:
        wanted = wanted.with_for_update(of=tables)
    found = connection.execute(wanted).one_or_none()
    if found is None:
        database_row(connection, database)
        raise EntityNotFoundException(f"Table {fold(name)} not found.")
    return found

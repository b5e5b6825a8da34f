"""Partition indexes as clients declare them. Every partition key is indexed here anyway, so they cost nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, delete, select

from mastic.app import App
from mastic.catalog.rows import table_row
from mastic.catalog.tables import partition_indexes
from mastic.protocol.errors import AlreadyExistsException, EntityNotFoundException, InvalidInputException
from mastic.store.database import insert_new


def add(connection: Connection, table_id: int, name: str, body: dict[str, Any], index: dict[str, Any]) -> None:
    """Declare an index on a table. Raises InvalidInputException (unknown key), AlreadyExistsException."""
    known = [key["Name"] for key in body.get("PartitionKeys") or []]
    wrong = [key for key in index["Keys"] if key.lower() not in map(str.lower, known)]
    if wrong:
        raise InvalidInputException(
            f"PartitionIndex {index['IndexName']!r}: {wrong[0]!r} is not a partition key of table {name}; "
            f"its partition keys: {', '.join(known) or 'none'}"
        )
    row = {"table_id": table_id, "name": index["IndexName"], "keys": list(index["Keys"])}
    statement = insert_new(connection, partition_indexes).returning(partition_indexes.c.name)
    if connection.execute(statement, row).first() is None:
        raise AlreadyExistsException(f"Index {index['IndexName']} already exists on table {name}.")


def create(app: App, database: str, table: str, index: dict[str, Any]) -> None:
    """Raises EntityNotFoundException, InvalidInputException, AlreadyExistsException."""
    with app.store.write() as connection:
        row = table_row(connection, database, table, lock=True)
        add(connection, row.id, row.name, row.body, index)


def get_all(app: App, database: str, table: str) -> list[dict[str, Any]]:
    """Raises EntityNotFoundException."""
    with app.store.read() as connection:
        row = table_row(connection, database, table)
        mine = (
            select(partition_indexes).where(partition_indexes.c.table_id == row.id).order_by(partition_indexes.c.name)
        )
        return [_wire(row, index) for index in connection.execute(mine)]


def remove(app: App, database: str, table: str, name: str) -> None:
    """Raises EntityNotFoundException."""
    with app.store.write() as connection:
        row = table_row(connection, database, table, lock=True)
        mine = delete(partition_indexes).where(partition_indexes.c.table_id == row.id, partition_indexes.c.name == name)
        if not connection.execute(mine).rowcount:
            raise EntityNotFoundException(f"Index {name} not found on table {row.name}.")


def _wire(table: Row[Any], index: Row[Any]) -> dict[str, Any]:
    types = {key["Name"].lower(): key.get("Type", "string") for key in table.body.get("PartitionKeys") or []}
    keys = [{"Name": key, "Type": types.get(key.lower(), "string")} for key in index.keys]
    return {"IndexName": index.name, "Keys": keys, "IndexStatus": "ACTIVE"}

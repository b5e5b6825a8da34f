"""Databases: the namespaces of the catalog."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, select, update

from mastic import tags
from mastic.app import App
from mastic.catalog import wire
from mastic.catalog.rows import database_row, fold
from mastic.catalog.tables import databases
from mastic.protocol.errors import AlreadyExistsException, OperationNotSupportedException
from mastic.store.database import insert_new

_NOT_YET = ("TargetDatabase", "FederatedDatabase")


def create(app: App, given: dict[str, Any], new_tags: dict[str, str] | None = None) -> None:
    """Raises AlreadyExistsException, InvalidInputException (tags)."""
    name, body = _split(given)
    row = {"name": name, "body": body, "created_at": app.clock.now()}
    with app.store.write() as connection:
        if connection.execute(insert_new(connection, databases).returning(databases.c.id), row).first() is None:
            raise AlreadyExistsException(f"Database {name} already exists.")
        tags.add(connection, _arn(app, name), new_tags or {})


def get(app: App, name: str) -> dict[str, Any]:
    """Raises EntityNotFoundException."""
    with app.store.read() as connection:
        return wire.database(app, database_row(connection, name))


def page(app: App, after: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
    """Databases in order of name, and the last name when there are more."""
    wanted = select(databases).order_by(databases.c.name).limit(limit + 1)
    if after is not None:
        wanted = wanted.where(databases.c.name > after)
    with app.store.read() as connection:
        rows = connection.execute(wanted).all()
    return [wire.database(app, row) for row in rows[:limit]], rows[limit - 1].name if len(rows) > limit else None


def change(app: App, name: str, given: dict[str, Any]) -> None:
    """Replace the definition, and the name where another is given. Raises EntityNotFound-, AlreadyExistsException."""
    new_name, body = _split(given)
    with app.store.write() as connection:
        row = database_row(connection, name)
        taken = connection.scalar(select(databases.c.id).where(databases.c.name == new_name))
        if taken is not None and taken != row.id:
            raise AlreadyExistsException(f"Database {new_name} already exists.")
        connection.execute(update(databases).where(databases.c.id == row.id).values(name=new_name, body=body))
        if new_name != row.name:
            moved = tags.of(connection, _arn(app, row.name))
            tags.forget(connection, _arn(app, row.name))
            tags.add(connection, _arn(app, new_name), moved)


def remove(app: App, name: str) -> None:
    """Delete a database with its tables, their versions and partitions. Raises EntityNotFoundException."""
    with app.store.write() as connection:
        row = database_row(connection, name)
        connection.execute(delete(databases).where(databases.c.id == row.id))
        tags.forget(connection, _arn(app, row.name))


@tags.taggable("database")
def _is_there(connection: Connection, name: str) -> bool:
    return connection.scalar(select(databases.c.id).where(databases.c.name == fold(name))) is not None


def _arn(app: App, name: str) -> str:
    return app.arn(f"database/{name}")


def _split(given: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    for member in _NOT_YET:
        if given.get(member):
            raise OperationNotSupportedException(
                f"DatabaseInput.{member}: links to other catalogs are not there yet; create the database without it"
            )
    return fold(given["Name"]), {key: value for key, value in given.items() if key != "Name"}

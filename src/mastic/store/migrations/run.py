"""Brings a database to this version's schema. A database already there costs one SELECT and no import of Alembic."""

from __future__ import annotations

import threading
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Column, Connection, String, Table, select, text
from sqlalchemy.exc import DatabaseError

from mastic.store.database import metadata

if TYPE_CHECKING:
    from mastic.store.database import Store

applied_migrations = Table("applied_migrations", metadata, Column("name", String(100), primary_key=True))

# Any constant: servers that start together on one PostgreSQL take turns on it.
_LOCK = 4590
_one_thread = threading.Lock()  # Alembic's `op` is one object per process


class SchemaTooNew(RuntimeError):
    """The database was migrated by a newer Mastic; running on it could destroy what this version does not know."""


def migration_names() -> list[str]:
    """`0001_jobs`, `0002_catalog`, ... in the order they run."""
    return sorted(path.stem for path in (Path(__file__).parent / "versions").glob("[0-9]*.py"))


def upgrade(store: Store) -> None:
    """Run every migration the database has not seen, all of them or none. Raises SchemaTooNew."""
    wanted = migration_names()
    if _pending(wanted, _applied(store)):
        with store.write() as connection:
            _upgrade(connection, wanted)


def create(store: Store) -> None:
    """The whole schema in a new, empty database at once, without Alembic; every feature's tables must be imported."""
    with store.write() as connection:
        metadata.create_all(connection)
        connection.execute(applied_migrations.insert(), [{"name": name} for name in migration_names()])


def _applied(store: Store) -> set[str]:
    try:
        with store.read() as connection:
            return set(connection.scalars(select(applied_migrations.c.name)))
    except DatabaseError:  # the table is not there yet; a database that cannot be reached fails again below
        return set()


def _pending(wanted: list[str], applied: set[str]) -> list[str]:
    unknown = sorted(applied - set(wanted))
    if unknown:
        raise SchemaTooNew(f"the database has migration {unknown[0]!r}, newer than this Mastic: upgrade Mastic")
    return [name for name in wanted if name not in applied]


def _upgrade(connection: Connection, wanted: list[str]) -> None:
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    applied_migrations.create(connection, checkfirst=True)
    applied = set(connection.scalars(select(applied_migrations.c.name)))  # again: another server may have been first
    with _one_thread, Operations.context(MigrationContext.configure(connection)):
        for name in _pending(wanted, applied):
            import_module(f"mastic.store.migrations.versions.{name}").upgrade()
            connection.execute(applied_migrations.insert().values(name=name))

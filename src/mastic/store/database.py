"""The database: connections, transactions, migrations. No business rule lives here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, event, make_url

# Every table of every feature registers here; migrations are compared with it in CI.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def before_commit(connection: Connection, callback: Callable[[], None]) -> None:
    """Run `callback` as the last act of this write transaction, still inside it."""
    connection.info["before_commit"].append(callback)


def after_commit(connection: Connection, callback: Callable[[], None]) -> None:
    """Run `callback` once this write transaction has been committed, and never if it was not."""
    connection.info["after_commit"].append(callback)


def insert_new(connection: Connection, table: Table) -> Any:
    """An INSERT that skips rows which are there already; `.returning()` says which were not."""
    return _dialect(connection).insert(table).on_conflict_do_nothing()


def _dialect(connection: Connection) -> Any:
    """The module of this database's own SQL, imported on use: importing PostgreSQL's costs a tenth of a second."""
    return import_module(f"sqlalchemy.dialects.{connection.dialect.name}")


def upsert(connection: Connection, table: Table, rows: list[dict[str, Any]], keys: tuple[str, ...]) -> None:
    """Insert rows; where `keys` are already there, overwrite the other columns of the row."""
    statement = _dialect(connection).insert(table)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), rows)


def insert_if_absent(connection: Connection, table: Table, row: dict[str, Any]) -> bool:
    """Insert a row unless its key is taken, also by a transaction that is just committing; whether it was inserted."""
    statement = _dialect(connection).insert(table).values(**row).on_conflict_do_nothing()
    return connection.execute(statement.returning(*table.primary_key.columns)).first() is not None


class Store:
    """One database, SQLite or PostgreSQL, behind the same two verbs: `read` and `write`."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = self._sqlite() if self.is_sqlite else self._postgres()
        # SQLite lets writers wait by sleeping and trying again; threads of one process queue here instead.
        self._one_writer = threading.RLock() if self.is_sqlite else nullcontext()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one committed state and changes nothing."""
        with self.engine.connect() as connection:
            if not self.is_sqlite:
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: all of it happens, or none. On SQLite it is the only writer from its first line."""
        callbacks: list[Callable[[], None]] = []
        with self._one_writer, self.engine.connect() as connection:
            connection.info.update(writes=True, before_commit=[], after_commit=callbacks)
            try:
                with connection.begin():
                    yield connection
                    for callback in connection.info["before_commit"]:
                        callback()
            finally:
                connection.info["writes"] = False
        for callback in callbacks:  # the connection is back in the pool: a callback may need one
            callback()

    def migrate(self) -> None:
        """Bring the schema to this version (idempotent; safe when several servers start at once)."""
        from mastic.store.migrations.run import upgrade

        if self.is_sqlite and self.url.database:
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        upgrade(self)

    def close(self) -> None:
        """Release every connection."""
        self.engine.dispose()

    @property
    def libpq_url(self) -> str:
        """The URL for a plain psycopg connection."""
        return self.url.set(drivername="postgresql").render_as_string(hide_password=False)

    def _sqlite(self) -> Engine:
        engine = create_engine(
            self.url, connect_args={"timeout": 30, "check_same_thread": False}, pool_size=16, max_overflow=64
        )

        @event.listens_for(engine, "connect")
        def prepare(connection: Any, _: Any) -> None:
            connection.isolation_level = None  # we say BEGIN ourselves, see below
            cursor = connection.cursor()
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA synchronous=NORMAL")
            cursor.execute("PRAGMA foreign_keys=ON")
            cursor.execute("PRAGMA cache_size=-32000")
            cursor.close()

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            # IMMEDIATE takes the write lock first, so two writers queue instead of failing half-way.
            connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.info.get("writes") else "BEGIN")

        return engine

    def _postgres(self) -> Engine:
        url = self.url.set(drivername="postgresql+psycopg")
        return create_engine(url, pool_size=16, max_overflow=32, pool_pre_ping=True)

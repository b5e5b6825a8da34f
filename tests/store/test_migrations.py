"""The migrated schema is the one the tables declare, and many servers may migrate one database at once."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Index, event, inspect, select

import mastic
from mastic.store.database import Store, metadata
from mastic.store.migrations.run import SchemaTooNew, applied_migrations, migration_names

PACKAGE = Path(mastic.__file__).parent
MIGRATE = "from mastic.store.database import Store; Store(sys.argv[1]).migrate()"


def test_the_migrated_schema_is_the_declared_one(store: Store) -> None:
    for path in sorted(PACKAGE.rglob("tables.py")):
        import_module(".".join(["mastic", *path.relative_to(PACKAGE).with_suffix("").parts]))
    with store.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        for table in metadata.sorted_tables:
            declared = {(i.name, _is_partial(i, connection)) for i in table.indexes}
            assert _indexes(connection, table.name) == declared  # Alembic does not compare conditions


def test_a_database_at_head_costs_one_select(store: Store, database_url: str) -> None:
    again = Store(database_url)
    statements: list[str] = []
    event.listen(again.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    again.migrate()
    again.close()
    assert [s for s in statements if not s.startswith("BEGIN")] == [str(select(applied_migrations.c.name))]


def test_a_database_at_head_does_not_import_alembic(store: Store, database_url: str) -> None:
    check = f"import sys; {MIGRATE}; assert 'alembic' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", check, database_url], check=False).returncode == 0


def test_a_newer_database_is_refused(store: Store) -> None:
    with store.write() as connection:
        connection.execute(applied_migrations.insert().values(name="9999_future"))
    with pytest.raises(SchemaTooNew, match="9999_future"):
        store.migrate()


def test_several_servers_may_start_at_once(database_url: str) -> None:
    command = [sys.executable, "-c", f"import sys; {MIGRATE}", database_url]
    servers = [subprocess.Popen(command) for _ in range(4)]
    assert [server.wait(60) for server in servers] == [0] * 4
    store = Store(database_url)
    with store.read() as connection:
        assert list(connection.scalars(select(applied_migrations.c.name).order_by("name"))) == migration_names()
    store.close()


def test_a_failed_migration_leaves_nothing(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = import_module("mastic.store.migrations.versions.0001_jobs")
    create = first.upgrade

    def create_and_fail() -> None:
        create()
        raise RuntimeError("half-way")

    monkeypatch.setattr(first, "upgrade", create_and_fail)
    store = Store(database_url)
    with pytest.raises(RuntimeError, match="half-way"):
        store.migrate()
    with store.read() as connection:
        assert inspect(connection).get_table_names() == []
    monkeypatch.undo()
    store.migrate()
    store.close()


def _indexes(connection: Connection, table: str) -> set[tuple[str | None, bool]]:
    key = f"{connection.dialect.name}_where"
    return {(i["name"], key in i.get("dialect_options", {})) for i in inspect(connection).get_indexes(table)}


def _is_partial(index: Index, connection: Connection) -> bool:
    index.dispatch.before_create(index, connection)  # which gives it what only PostgreSQL needs
    return index.dialect_options[connection.dialect.name].get("where") is not None

"""A private, real PostgreSQL for the tests, from Debian's binaries: one cluster per session, one database per test."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from databases import PASSWORD, USER, Database, free_port
from mastic.store.database import Store


@contextmanager
def cluster() -> Iterator[str]:
    """The URL of a running cluster's `postgres` database, by its unix socket; jobs reach it by TCP with a password."""
    binaries = _binaries()
    folder = Path(tempfile.mkdtemp(prefix="mastic-pg-", dir="/tmp"))  # socket paths must stay short
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        secure = ("--auth-local=trust", "--auth-host=scram-sha-256")
        _as_postgres(binaries / "initdb", "-D", folder / "data", "-U", "postgres", *secure, "-E", "UTF8", "-N")
        port = free_port()
        options = f"-c listen_addresses=127.0.0.1 -c port={port} -k {folder} -c max_connections=200"
        options += " -c fsync=off -c full_page_writes=off"
        _as_postgres(binaries / "pg_ctl", "-D", folder / "data", "-l", folder / "log", "-w", "-o", options, "start")
        try:
            url = f"postgresql://postgres@/postgres?host={folder}&port={port}"
            with psycopg.connect(url, autocommit=True) as admin:
                admin.execute(f"CREATE ROLE {USER} LOGIN SUPERUSER PASSWORD '{PASSWORD}'")
            yield url
        finally:
            _as_postgres(binaries / "pg_ctl", "-D", folder / "data", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def created(admin_url: str) -> Iterator[str]:
    """The URL of an empty database of one's own on a running cluster."""
    name = f"t_{uuid.uuid4().hex}"
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    yield admin_url.replace("/postgres?", f"/{name}?")
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """A database as jobs reach it: over TCP."""
    with psycopg.connect(url, autocommit=True) as connection:
        name = connection.info.dbname
        yield Database("postgresql", f"jdbc:postgresql://127.0.0.1:{connection.info.port}/{name}", name, connection)


@contextmanager
def running() -> Iterator[Database]:
    """A cluster and a database, for programs that are no tests."""
    with cluster() as admin_url, created(admin_url) as url, opened(url) as database:
        yield database


@pytest.fixture(scope="session")
def postgres_admin_url() -> Iterator[str]:
    """The session's cluster."""
    with cluster() as url:
        yield url


@pytest.fixture
def postgres_url(postgres_admin_url: str) -> Iterator[str]:
    """The URL of an empty database of one's own."""
    with created(postgres_admin_url) as url:
        yield url


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Database]:
    """An empty database of one's own, reached over TCP by jobs."""
    with opened(postgres_url) as database:
        yield database


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, once SQLite and once PostgreSQL: a test that takes it (or `store`) runs on both."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'mastic.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def open_store(database_url: str) -> Iterator[Callable[[], Store]]:
    """Opens a further, migrated store on the test's database, as a second server would."""
    stores: list[Store] = []

    def open_one() -> Store:
        stores.append(Store(database_url))
        stores[-1].migrate()
        return stores[-1]

    yield open_one
    for store in stores:
        store.close()


@pytest.fixture
def store(open_store: Callable[[], Store]) -> Store:
    """A migrated store, once on SQLite and once on PostgreSQL."""
    return open_store()


def _binaries() -> Path:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if folders:
        return folders[-1]
    missing = "PostgreSQL is not installed (Debian: apt-get install postgresql)"
    if os.environ.get("CI"):
        pytest.fail(f"{missing}; in CI it must be there")
    return pytest.skip(missing)


def _as_postgres(*command: object) -> None:
    prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []  # PostgreSQL refuses to run as root
    done = subprocess.run([*prefix, *map(str, command)], cwd="/", capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stdout}{done.stderr}")

"""A private, real MariaDB for the tests, from Debian's binaries: one server per session, one database per test."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from databases import PASSWORD, USER, Database, free_port
from live import die_with_the_tests, wait_for

SERVER = Path("/usr/sbin/mariadbd")


@contextmanager
def server() -> Iterator[int]:
    """The port of a running server on 127.0.0.1, with the user `glue`."""
    import pymysql

    folder = Path(tempfile.mkdtemp(prefix="mastic-my-", dir="/tmp"))  # socket paths must stay short
    started = None
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "mysql")
        user = ["--user=mysql"] if os.geteuid() == 0 else []
        # Its own folder for temporary files: a server that starts deletes every `#sql*` in it, another one's too.
        (folder / "tmp").mkdir(mode=0o777)
        (folder / "tmp").chmod(0o777)
        data = ["--no-defaults", f"--datadir={folder}/data", f"--tmpdir={folder}/tmp", *user]
        install = ["mariadb-install-db", *data, "--auth-root-authentication-method=normal", "--skip-test-db"]
        made = subprocess.run(install, capture_output=True, text=True, cwd="/")
        assert made.returncode == 0, (made.stdout + made.stderr)[-3000:]
        port, socket = free_port(), f"{folder}/socket"
        started = _start(folder, [*data, f"--port={port}", f"--socket={socket}"])
        wait_for(lambda: _answers(socket), 60, "MariaDB", lambda: (folder / "log").read_text())
        with pymysql.connect(unix_socket=socket, user="root") as admin, admin.cursor() as cursor:
            cursor.execute(f"CREATE USER '{USER}'@'%' IDENTIFIED BY '{PASSWORD}'")
            cursor.execute(f"GRANT ALL ON *.* TO '{USER}'@'%'")
        yield port
    finally:
        if started is not None:
            started.kill()
            started.wait()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def created(port: int) -> Iterator[Database]:
    """An empty database of one's own on a running server, reached over TCP."""
    import pymysql

    name = f"t_{uuid.uuid4().hex[:12]}"
    who: Any = {"host": "127.0.0.1", "port": port, "user": USER, "password": PASSWORD.encode(), "charset": "utf8mb4"}
    with pymysql.connect(**who, autocommit=True) as admin, admin.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        with pymysql.connect(**who, autocommit=True, database=name) as opened:
            yield Database("mysql", f"jdbc:mysql://127.0.0.1:{port}/{name}", name, opened)
        cursor.execute(f"DROP DATABASE {name}")


@contextmanager
def running() -> Iterator[Database]:
    """A server and a database, for programs that are no tests."""
    with server() as port, created(port) as database:
        yield database


@pytest.fixture(scope="session")
def mariadb_port() -> Iterator[int]:
    """The session's server."""
    if not SERVER.exists():
        missing = "MariaDB is not installed (Debian: apt-get install mariadb-server)"
        if os.environ.get("CI"):
            pytest.fail(f"{missing}; in CI it must be there")
        pytest.skip(missing)
    with server() as port:
        yield port


@pytest.fixture
def mariadb(mariadb_port: int) -> Iterator[Database]:
    """An empty database of one's own, reached over TCP."""
    with created(mariadb_port) as database:
        yield database


def _start(folder: Path, options: list[str]) -> subprocess.Popen[bytes]:
    fast = ["--bind-address=127.0.0.1", "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0", "--skip-name-resolve",
            "--innodb-buffer-pool-size=32M", "--innodb-log-file-size=16M", "--performance-schema=off"]  # fmt: skip
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [str(SERVER), *options, *fast], stdout=log, stderr=log, cwd="/", preexec_fn=die_with_the_tests
        )


def _answers(socket: str) -> bool:
    import pymysql

    try:
        pymysql.connect(unix_socket=socket, user="root").close()
    except pymysql.err.OperationalError:
        return False
    return True

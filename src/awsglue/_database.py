"""A database behind a JDBC URL, reached from Python: to run statements, to look at keys, to test a connection."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

CONNECT_SECONDS = 20
PORTS = {"postgresql": 5432, "mysql": 3306, "mariadb": 3306}
_URL = re.compile(r"jdbc:(?P<vendor>\w+)://(?P<host>\[[^]]*\]|[^/:?,]*)(?::(?P<port>\d+))?(?:/(?P<database>[^?]*))?"
                  r"(?:\?(?P<query>.*))?")  # fmt: skip


class DatabaseError(RuntimeError):
    """A database could not be reached or refused what it was asked; the message says what to fix, never a password."""


@dataclass(frozen=True)
class Database:
    """Where a JDBC URL points, and who connects."""

    vendor: str
    host: str
    port: int
    name: str
    user: str = ""
    password: str = field(default="", repr=False)
    properties: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, url: str, user: str = "", password: str = "") -> Database:
        """Parse a PostgreSQL, MySQL or MariaDB URL. Raises DatabaseError for any other."""
        found = _URL.fullmatch(url)
        if found is None or found["vendor"].lower() not in PORTS:
            raise DatabaseError(
                f"{shown(url)} is not a JDBC URL Mastic can connect to from Python; "
                "it must be jdbc:postgresql://, jdbc:mysql:// or jdbc:mariadb:// and host:port/database"
            )
        vendor = found["vendor"].lower()
        properties = dict(parse_qsl(found["query"] or "", keep_blank_values=True))
        return cls(
            vendor,
            found["host"].strip("[]") or "localhost",
            int(found["port"] or PORTS[vendor]),
            unquote(found["database"] or ""),
            user or properties.pop("user", ""),
            password or properties.pop("password", ""),
            tuple(properties.items()),
        )

    @property
    def is_postgres(self) -> bool:
        return self.vendor == "postgresql"

    def connect(self, *, enforce_ssl: bool = False) -> Any:
        """A DB-API connection that commits each statement. Raises DatabaseError."""
        connect = self._postgres if self.is_postgres else self._mysql
        try:
            return connect(enforce_ssl)
        except ImportError as error:
            raise DatabaseError(f"no Python driver for {self.vendor}: {error}") from None
        except Exception as error:
            raise DatabaseError(
                f"cannot connect to the {self.vendor} database {self.name!r} at {self.host}:{self.port} "
                f"as user {self.user!r}: {str(error).strip()}"
            ) from None

    def execute(self, statements: Sequence[str]) -> None:
        """Run statements one after the other, each committed. Raises DatabaseError with the one that failed."""
        if not statements:
            return
        with closing(self.connect()) as connection:
            for statement in statements:
                self._run(connection, statement)

    def query(self, query: str) -> list[tuple[Any, ...]]:
        """Every row of a query. Raises DatabaseError."""
        with closing(self.connect()) as connection:
            return list(self._run(connection, query))

    def _run(self, connection: Any, statement: str) -> Any:
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else ()
        except Exception as error:
            raise DatabaseError(f"{self.vendor} refused {statement[:500]!r}: {str(error).strip()}") from None

    def _postgres(self, enforce_ssl: bool) -> Any:
        import psycopg

        given = dict(self.properties)
        options: dict[str, Any] = {key: given[key] for key in _LIBPQ if key in given}
        if enforce_ssl or given.get("ssl", "false") in ("", "true"):
            options.setdefault("sslmode", "require")
        connection = psycopg.connect(
            host=self.host, port=self.port, dbname=self.name or self.user, user=self.user, password=self.password,
            connect_timeout=CONNECT_SECONDS, autocommit=True, **options,
        )  # fmt: skip
        if schema := given.get("currentSchema"):
            connection.execute("SELECT set_config('search_path', %s, false)", (schema,))
        return connection

    def _mysql(self, enforce_ssl: bool) -> Any:
        import pymysql

        given = {key.lower(): value.lower() for key, value in self.properties}
        mode = given.get("sslmode", "").replace("-", "_")
        secure = enforce_ssl or "true" in (given.get("usessl"), given.get("requiressl")) or mode in _MYSQL_SSL
        checked = mode.startswith("verify")
        ssl = {"verify_mode": checked, "check_hostname": mode in ("verify_full", "verify_identity")}
        return pymysql.connect(
            host=self.host, port=self.port, user=self.user, password=self.password.encode(), database=self.name or None,
            charset="utf8mb4", connect_timeout=CONNECT_SECONDS, autocommit=True, ssl=ssl if secure else None,
        )  # fmt: skip


_LIBPQ = ("sslmode", "sslrootcert", "sslcert", "sslkey", "options")
_MYSQL_SSL = ("required", "trust", "verify_ca", "verify_identity", "verify_full")


def spoken(url: str) -> str:
    """The URL by which Spark knows the dialect. It does not know jdbc:mariadb: and would read "name" as a text."""
    if not url.lower().startswith("jdbc:mariadb:"):
        return url
    url = "jdbc:mysql:" + url[len("jdbc:mariadb:") :]
    return url + ("&" if "?" in url else "?") + "permitMysqlScheme"


def shown(url: str) -> str:
    """A JDBC URL as it may be printed: without the password some carry."""
    return re.sub(r"(?i)((?:password|pwd)=)[^&;]*", r"\1***", re.sub(r"//[^/@]*@", "//***@", url))


_SQL_TOKEN = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\1\$|;|[^;'"`$/-]+|.""", re.DOTALL
)


def statements(text: str) -> list[str]:
    """SQL cut at its semicolons; those in quotes, comments and dollar quotes are left alone."""
    found = [""]
    for token in _SQL_TOKEN.finditer(text):
        if token[0] == ";":
            found.append("")
        else:
            found[-1] += token[0]
    return [each.strip() for each in found if each.strip()]

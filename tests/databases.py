"""What tests share about the databases that jobs reach over JDBC."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Any

USER, PASSWORD = "glue", "s3cr3t & #Üp"


@dataclass(frozen=True)
class Database:
    """An empty database of one test."""

    kind: str  # Glue's connection type
    url: str
    name: str
    connection: Any  # of the DB-API, in autocommit

    @property
    def options(self) -> dict[str, str]:
        """connection_options without a table."""
        return {"url": self.url, "user": USER, "password": PASSWORD}

    @property
    def properties(self) -> dict[str, str]:
        """ConnectionProperties of a Data Catalog connection."""
        return {"JDBC_CONNECTION_URL": self.url, "USERNAME": USER, "PASSWORD": PASSWORD}

    def execute(self, *statements: str) -> None:
        """Run statements one by one."""
        for statement in statements:
            with self.connection.cursor() as cursor:
                cursor.execute(statement)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """A query's rows."""
        with self.connection.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

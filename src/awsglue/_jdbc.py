"""Databases over JDBC: by options, or by a Data Catalog connection. AWS page: JDBC connections."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame, SparkSession

from awsglue import _bookmarks, _connections, _jdbc_bookmarks
from awsglue._database import Database, shown, spoken, statements
from awsglue._files import flag

if TYPE_CHECKING:
    from awsglue.catalog_table import Table

Options = dict[str, Any]
DRIVERS = {
    "postgresql": "org.postgresql.Driver",
    "mysql": "com.mysql.cj.jdbc.Driver",
    "mariadb": "org.mariadb.jdbc.Driver",
    "sqlserver": "com.microsoft.sqlserver.jdbc.SQLServerDriver",
    "oracle": "oracle.jdbc.OracleDriver",
    "redshift": "com.amazon.redshift.jdbc42.Driver",
}
TYPES = (*DRIVERS, "jdbc", "custom.jdbc", "marketplace.jdbc")
HASH_PARTITIONS = 7
# Glue's own options; every other one is Spark's.
_GLUE = frozenset({
    "url", "user", "password", "dbtable", "dbTable", "query", "sampleQuery", "sampleSize", "className", "driver",
    "enablePartitioningForSampleQuery", "hashfield", "hashexpression", "hashpartitions", "jobBookmarkKeys",
    "jobBookmarkKeysSortOrder", "jobBookmarksKeys", "bulkSize", "preactions", "postactions", "connectionName",
    "useConnectionProperties", "customJdbcDriverS3Path", "customJdbcDriverClassName", "redshiftTmpDir", "database",
    "dynamicframe", "aws_iam_role", "connectionType", "overwrite", "secretId",
})  # fmt: skip


@dataclass(frozen=True)
class Jdbc:
    """One source or target: what Spark needs to reach it, and what Glue's options add."""

    url: str = field(repr=False)  # it may hold a password
    user: str
    password: str = field(repr=False)
    driver: str
    table: str
    options: Options = field(repr=False)

    @classmethod
    def of(cls, connection_type: str, options: Options) -> Jdbc:
        """Glue's connection_options. Raises ValueError when the URL or the table is missing."""
        if options.get("connectionName") and (flag(options, "useConnectionProperties") or "url" not in options):
            options = {**_connections.get(str(options["connectionName"])).options, **options}
        url = str(options.get("url") or "").replace("${secretId}", "")
        query = str(options.get("query") or options.get("sampleQuery") or "").rstrip().rstrip(";")
        table = str(options.get("dbtable") or options.get("dbTable") or "")
        if not url or not (table or query):
            raise ValueError(f"a {connection_type} connection needs url and dbtable in its connection_options")
        if not url.startswith("jdbc:"):
            raise ValueError(f"url is {shown(url)!r}; it must begin with jdbc:, as in jdbc:postgresql://host:5432/name")
        user, password = str(options.get("user") or ""), str(options.get("password") or "")
        if options.get("secretId"):
            user, password = _connections.login(str(options["secretId"]))
        return cls(url, user, password, _driver(connection_type, url, options), _source(table, query), options)

    @property
    def spark(self) -> dict[str, str]:
        """Spark's options, without the table."""
        known = {key: str(value) for key, value in self.options.items() if key not in _GLUE and value is not None}
        login = {"user": self.user, "password": self.password} if self.user else {}
        return {**known, "url": spoken(self.url), "driver": self.driver, **login}

    @property
    def database(self) -> Database:
        """The same, for Python. Raises DatabaseError for a database Python has no driver for."""
        return Database.of(self.url, self.user, self.password)


def read(spark: SparkSession, connection_type: str, options: Options, ctx: str = "") -> DataFrame:
    """A table or query of a database: what its bookmark has not seen, in parallel where a hash is given."""
    source = Jdbc.of(connection_type, options)
    if flag(options, "enablePartitioningForSampleQuery"):
        return _sampled(spark, source, ctx)
    unread = _jdbc_bookmarks.unread(source.database, source.table, options, ctx) if _bookmarked(options, ctx) else ""
    return _load(spark, _where(source, unread), _hash_predicates(source))


def write(frame: DataFrame, connection_type: str, options: Options) -> None:
    """Append a frame to a table of a database, between its preactions and postactions.

    Raises ValueError for columns that no database has, DatabaseError for a statement that is refused.
    """
    target = Jdbc.of(connection_type, options)
    nested = [f.name for f in frame.schema if f.dataType.typeName() in ("struct", "map")]
    if nested:
        raise ValueError(
            f"columns {nested} are structs or maps, which no database table has; "
            "resolve choices with resolveChoice, and flatten records with unnest or relationalize"
        )
    before, after = statements(str(options.get("preactions") or "")), statements(str(options.get("postactions") or ""))
    if before:
        target.database.execute(before)
    parallel = {"numPartitions": str(int(options["bulkSize"]))} if options.get("bulkSize") else {}
    if frame.columns:  # none is a source without any file: there is nothing to append
        writer = frame.write.format("jdbc").options(**target.spark, **parallel, dbtable=target.table)
        writer.mode("append").save()
    if after:
        target.database.execute(after)


def table_options(table: Table, options: Options, catalog_id: str | None = None) -> tuple[str, Options]:
    """Connection type and options of a catalog table that lies in a database: its connection, its Location."""
    connection = _connections.get(table.parameters["connectionName"], catalog_id)
    url, name = located(connection.options["url"], table.location)
    hashing: Options = {key: table.parameters[key] for key in ("hashfield", "hashexpression", "hashpartitions")
               if key in table.parameters}  # fmt: skip
    return connection.vendor, {**connection.options, **hashing, "url": url, "dbtable": name, **options}


def is_database_table(table: Table) -> bool:
    """Whether a catalog table lies in a database."""
    return "connectionName" in table.parameters and table.parameters.get("classification", "").lower() in DRIVERS


def located(url: str, location: str) -> tuple[str, str]:
    """The URL of the database and the name of the table that a catalog table's Location (db.schema.table) means."""
    parts = location.split(".")
    if url.startswith(("jdbc:postgresql:", "jdbc:redshift:")):
        if len(parts) == 3:
            url = _connections.with_database(url, parts.pop(0))
        return url, ".".join(part if re.fullmatch(r"[a-z_][a-z0-9_]*", part) else f'"{part}"' for part in parts)
    if url.startswith(("jdbc:mysql:", "jdbc:mariadb:")):
        return url, ".".join(f"`{part}`" for part in parts)
    return url, location


def _driver(connection_type: str, url: str, options: Options) -> str:
    given = options.get("customJdbcDriverClassName") or options.get("className") or options.get("driver")
    by_url = DRIVERS.get(url.split(":")[1])
    return str(given or by_url or DRIVERS.get(connection_type) or "")


def _source(table: str, query: str) -> str:
    # Spark takes either; one form is enough, as a query in brackets is a table.
    return f"({query}) glue_query" if query else table


def _bookmarked(options: Options, ctx: str) -> bool:
    asked = options.get("jobBookmarkKeys") or options.get("jobBookmarksKeys")
    whole = not (options.get("query") or options.get("sampleQuery"))
    return bool(ctx) and _bookmarks.current() is not None and bool(asked or whole)


def _where(source: Jdbc, condition: str) -> Jdbc:
    if not condition:
        return source
    return replace(source, table=f"(SELECT * FROM {source.table} WHERE {condition}) glue_unread")  # noqa: S608


def _load(spark: SparkSession, source: Jdbc, predicates: Sequence[str] = ()) -> DataFrame:
    if not predicates:
        return spark.read.format("jdbc").options(**source.spark, dbtable=source.table).load()
    properties = {key: value for key, value in source.spark.items() if key != "url"}
    return spark.read.jdbc(spoken(source.url), source.table, predicates=list(predicates), properties=properties)


def _hash_predicates(source: Jdbc) -> list[str]:
    """One condition per parallel read; each row satisfies exactly one."""
    column, expression = source.options.get("hashfield"), source.options.get("hashexpression")
    if not column and not expression:
        return []
    count = int(source.options.get("hashpartitions") or HASH_PARTITIONS)
    if count < 1:
        raise ValueError(f"hashpartitions is {count}; it must be 1 or more")
    vendor = source.url.split(":")[1]
    if expression:
        number = f"({expression})"
    elif vendor == "postgresql":
        number = f"hashtext(CAST({column} AS text))::bigint"
    elif vendor in ("mysql", "mariadb"):
        number = f"CRC32({column})"
    else:
        raise NotImplementedError(f"hashfield works for PostgreSQL, MySQL and MariaDB; use hashexpression on {vendor}")
    bucket = f"COALESCE(FLOOR(ABS(MOD({number}, {count}))), 0)"  # 2.5 is in some bucket too
    return [f"{bucket} = {index}" for index in range(count)]


def _sampled(spark: SparkSession, source: Jdbc, ctx: str) -> DataFrame:
    """A sampleQuery that ends with `where` or `and`, which every parallel read ends with its own condition."""
    query = str(source.options.get("sampleQuery") or "").strip()
    if not re.search(r"\b(where|and)$", query, re.IGNORECASE):
        raise ValueError(
            f"sampleQuery {query!r} must end with where or and, so that enablePartitioningForSampleQuery can add "
            "its conditions"
        )
    conditions = _hash_predicates(source)
    if not conditions:
        raise ValueError("enablePartitioningForSampleQuery needs hashfield or hashexpression")
    parts = [replace(source, table=f"({query} {each}) glue_sample") for each in conditions]
    size = source.options.get("sampleSize")
    unread = ""
    if _bookmarked(source.options, ctx) and not size:  # of a sample nobody knows what it left out
        whole_table = f"({query} 1 = 1) glue_sample"
        unread = _jdbc_bookmarks.unread(source.database, whole_table, source.options, ctx)
    whole = reduce(DataFrame.unionAll, [_load(spark, _where(part, unread)) for part in parts])
    return whole.limit(int(size)) if size else whole

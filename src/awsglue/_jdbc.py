"""Databases over JDBC: by options, or by a Data Catalog connection."""

from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame, SparkSession

from awsglue import _aws

DRIVERS = {
    "postgresql": "org.postgresql.Driver",
    "mysql": "com.mysql.cj.jdbc.Driver",
    "mariadb": "org.mariadb.jdbc.Driver",
    "sqlserver": "com.microsoft.sqlserver.jdbc.SQLServerDriver",
    "oracle": "oracle.jdbc.OracleDriver",
    "redshift": "com.amazon.redshift.jdbc42.Driver",
}
_OURS = ("redshiftTmpDir", "dynamicframe", "database", "useConnectionProperties", "connectionName", "hashfield",
         "hashexpression", "hashpartitions", "jobBookmarkKeys", "jobBookmarkKeysSortOrder")  # fmt: skip


def options_of(connection_type: str, options: dict[str, Any]) -> dict[str, str]:
    """Glue's JDBC options as Spark's. Raises ValueError when the URL or the table is missing."""
    if str(options.get("useConnectionProperties", "")).lower() == "true":
        options = {**connection(str(options["connectionName"])), **options}
    url, table = options.get("url"), options.get("dbtable")
    if not url or not (table or options.get("query")):
        raise ValueError(f"a {connection_type} connection needs url and dbtable in its connection_options")
    known = {key: str(value) for key, value in options.items() if key not in _OURS}
    driver = options.get("customJdbcDriverClassName") or DRIVERS[connection_type]
    return {"driver": str(driver), **known}


def read(spark: SparkSession, connection_type: str, options: dict[str, Any]) -> DataFrame:
    """A table or query of a database."""
    return spark.read.format("jdbc").options(**options_of(connection_type, options)).load()


def write(frame: DataFrame, connection_type: str, options: dict[str, Any]) -> None:
    """Append a frame to a table of a database."""
    frame.write.format("jdbc").options(**options_of(connection_type, options)).mode("append").save()


def connection(name: str, catalog_id: str | None = None) -> dict[str, str]:
    """A Data Catalog connection as extract_jdbc_conf gives it: url, fullUrl, vendor, user, password, enforceSSL."""
    request: Any = {"Name": name} | ({"CatalogId": catalog_id} if catalog_id else {})
    answer: Any = _aws.glue().get_connection(**request)
    properties: dict[str, str] = answer["Connection"]["ConnectionProperties"]
    url = properties.get("JDBC_CONNECTION_URL", "")
    if not url.startswith("jdbc:"):
        raise ValueError(f"connection {name!r} is not a JDBC connection: it has no JDBC_CONNECTION_URL")
    vendor = url.split(":")[1]
    host, _, database = url.partition("//")[2].partition("/")
    return {
        "url": url if not database else f"jdbc:{vendor}://{host}",
        "fullUrl": url,
        "vendor": vendor,
        "user": properties.get("USERNAME", ""),
        "password": properties.get("PASSWORD", ""),
        "enforceSSL": properties.get("JDBC_ENFORCE_SSL", "false"),
    }

"""Connections of the Data Catalog, with their secrets: what a job needs to reach a database."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from awsglue import _aws

_ENGINES = {"POSTGRESQL": "postgresql", "MYSQL": "mysql", "ORACLE": "oracle", "SQLSERVER": "sqlserver"}
# How each driver is told to encrypt, for JDBC_ENFORCE_SSL.
_SSL = {"postgresql": "sslmode=require", "mysql": "sslMode=REQUIRED", "mariadb": "sslMode=trust"}


@dataclass(frozen=True)
class Connection:
    """A JDBC connection: its URL with the database, who connects, and all its properties."""

    name: str
    url: str
    user: str
    password: str = field(repr=False)
    properties: dict[str, str] = field(repr=False)

    @property
    def vendor(self) -> str:
        """`postgresql` of jdbc:postgresql://..."""
        return self.url.split(":")[1]

    @property
    def enforces_ssl(self) -> bool:
        return self.properties.get("JDBC_ENFORCE_SSL", "").lower() == "true"

    @property
    def options(self) -> dict[str, Any]:
        """As connection_options have it."""
        url = self.url
        if self.enforces_ssl and self.vendor in _SSL and "ssl" not in url.partition("?")[2].lower():
            url += ("&" if "?" in url else "?") + _SSL[self.vendor]
        custom = self.properties.get("JDBC_DRIVER_CLASS_NAME")
        return {"url": url, "user": self.user, "password": self.password} | (
            {"customJdbcDriverClassName": custom} if custom else {}
        )

    @property
    def conf(self) -> dict[str, str]:
        """As extract_jdbc_conf gives it."""
        return {
            "url": without_database(self.url),
            "fullUrl": self.url,
            "vendor": self.vendor,
            "user": self.user,
            "password": self.password,
            "enforceSSL": str(self.enforces_ssl).lower(),
            "customJDBCCert": self.properties.get("CUSTOM_JDBC_CERT", ""),
            "skipCustomJDBCCertValidation": self.properties.get("SKIP_CUSTOM_JDBC_CERT_VALIDATION", "false"),
            "customJDBCCertString": self.properties.get("CUSTOM_JDBC_CERT_STRING", ""),
        }


def get(name: str, catalog_id: str | None = None) -> Connection:
    """A connection of the catalog. Raises LookupError for one that does not exist, ValueError for one without a URL."""
    request: Any = {"Name": name, "HidePassword": False} | ({"CatalogId": catalog_id} if catalog_id else {})
    try:
        held: Any = _aws.glue().get_connection(**request)["Connection"]
    except ClientError as error:
        if _aws.error_code(error) == "EntityNotFoundException":
            raise LookupError(f"connection {name!r} is not in the Data Catalog; create it first") from error
        raise
    properties: dict[str, str] = held.get("ConnectionProperties") or {}
    url = properties.get("JDBC_CONNECTION_URL") or _url(held.get("ConnectionType", ""), properties)
    if not url.startswith("jdbc:"):
        raise ValueError(f"connection {name!r} is not a JDBC connection: it has no JDBC_CONNECTION_URL")
    secret = (held.get("AuthenticationConfiguration") or {}).get("SecretArn") or properties.get("SECRET_ID")
    user, password = login(secret) if secret else (properties.get("USERNAME", ""), properties.get("PASSWORD", ""))
    return Connection(name, url, user, password, properties)


def login(secret_id: str) -> tuple[str, str]:
    """User and password out of a secret. Raises LookupError where it cannot be read, ValueError for another form."""
    try:
        text = _aws.secrets().get_secret_value(SecretId=secret_id).get("SecretString") or ""
    except ClientError as error:
        raise LookupError(f"secret {secret_id!r} of the connection cannot be read: {error}") from error
    try:
        held = json.loads(text)
        return str(held["username"]), str(held["password"])
    except (ValueError, KeyError, TypeError):
        # Not `from` the parser's error: that one quotes the secret.
        raise ValueError(f"secret {secret_id!r} must be JSON with username and password") from None


def without_database(url: str) -> str:
    """jdbc:postgresql://host:5432 of a URL that goes on with a database and parameters."""
    head, slashes, rest = url.partition("//")
    return head + slashes + rest.partition("/")[0].partition("?")[0]


def with_database(url: str, database: str) -> str:
    """The URL of another database of the same server; parameters stay."""
    _, mark, parameters = url.partition("?")
    return f"{without_database(url)}/{database}{mark}{parameters}"


def _url(kind: str, properties: dict[str, str]) -> str:
    engine = _ENGINES.get(kind) or properties.get("JDBC_ENGINE", "").lower()
    if not engine or not {"HOST", "PORT"} <= set(properties):
        return ""
    return f"jdbc:{engine}://{properties['HOST']}:{properties['PORT']}/{properties.get('DATABASE', '')}"

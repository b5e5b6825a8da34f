"""boto3 clients, made once per process; the environment names the endpoint."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_s3 import S3Client


@cache
def glue() -> GlueClient:
    """The Glue client."""
    return _client("glue")  # type: ignore[no-any-return]


@cache
def s3() -> S3Client:
    """The S3 client."""
    return _client("s3")  # type: ignore[no-any-return]


@cache
def secrets() -> Any:
    """The Secrets Manager client."""
    return _client("secretsmanager")


def _client(service: str) -> Any:
    import boto3
    from botocore.config import Config

    # Footers and listings are read by several threads at once.
    return boto3.client(service, config=Config(max_pool_connections=32))


def error_code(error: Exception) -> str:
    """The AWS error code of a botocore ClientError, or ''."""
    response: dict[str, Any] = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", ""))

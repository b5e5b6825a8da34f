"""Access keys, and secrets with their versions and staging labels. Every secret value in here is encrypted."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table, Text

from mastic.store.database import metadata
from mastic.store.types import UtcDateTime

access_keys = Table(
    "access_keys",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("secret", Text, nullable=False),  # encrypted
    Column("principal", String(512), nullable=False),  # the end of the caller's ARN: `user/mastic`
    Column("description", Text, nullable=False),
    Column("created_on", UtcDateTime, nullable=False),
    Column("expires_on", UtcDateTime),
    Column("job_run_id", String(255)),  # set: the key lives as long as that run
    Index("ix_access_keys_job_run_id", "job_run_id"),
)

secrets = Table(
    "secrets",
    metadata,
    Column("name", String(512), primary_key=True),
    Column("suffix", String(6), nullable=False),  # the random end of the ARN
    Column("description", Text),
    Column("kms_key_id", String(2048)),
    Column("type", String(512)),
    Column("created_on", UtcDateTime, nullable=False),
    Column("last_changed_on", UtcDateTime, nullable=False),
    Column("last_accessed_on", UtcDateTime),
    Column("deleted_on", UtcDateTime),
    Column("purge_on", UtcDateTime),  # the end of the recovery window of a deleted secret
    Index("ix_secrets_created_on", "created_on", "name"),
    Index("ix_secrets_purge_on", "purge_on"),
)

secret_versions = Table(
    "secret_versions",
    metadata,
    Column("secret_name", String(512), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("value", Text, nullable=False),  # encrypted
    Column("is_binary", Integer, nullable=False),
    Column("created_on", UtcDateTime, nullable=False),
)

# A staging label is on one version at a time, which the primary key says.
secret_stages = Table(
    "secret_stages",
    metadata,
    Column("secret_name", String(512), primary_key=True),
    Column("stage", String(256), primary_key=True),
    Column("version_id", String(64), nullable=False),
)

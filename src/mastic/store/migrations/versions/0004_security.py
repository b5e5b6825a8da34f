"""Access keys and secrets."""

from alembic import op
from sqlalchemy import Column, Integer, PrimaryKeyConstraint, String, Text

from mastic.store.types import UtcDateTime

SECRET_NAME = String(512)


def upgrade() -> None:
    op.create_table(
        "access_keys",
        Column("id", String(32), nullable=False),
        Column("secret", Text, nullable=False),
        Column("principal", String(512), nullable=False),
        Column("description", Text, nullable=False),
        Column("created_on", UtcDateTime, nullable=False),
        Column("expires_on", UtcDateTime),
        Column("job_run_id", String(255)),
        PrimaryKeyConstraint("id", name="pk_access_keys"),
    )
    op.create_index("ix_access_keys_job_run_id", "access_keys", ["job_run_id"])
    op.create_table(
        "secrets",
        Column("name", SECRET_NAME, nullable=False),
        Column("suffix", String(6), nullable=False),
        Column("description", Text),
        Column("kms_key_id", String(2048)),
        Column("type", String(512)),
        Column("created_on", UtcDateTime, nullable=False),
        Column("last_changed_on", UtcDateTime, nullable=False),
        Column("last_accessed_on", UtcDateTime),
        Column("deleted_on", UtcDateTime),
        Column("purge_on", UtcDateTime),
        PrimaryKeyConstraint("name", name="pk_secrets"),
    )
    op.create_index("ix_secrets_created_on", "secrets", ["created_on", "name"])
    op.create_index("ix_secrets_purge_on", "secrets", ["purge_on"])
    op.create_table(
        "secret_versions",
        Column("secret_name", SECRET_NAME, nullable=False),
        Column("id", String(64), nullable=False),
        Column("value", Text, nullable=False),
        Column("is_binary", Integer, nullable=False),
        Column("created_on", UtcDateTime, nullable=False),
        PrimaryKeyConstraint("secret_name", "id", name="pk_secret_versions"),
    )
    op.create_table(
        "secret_stages",
        Column("secret_name", SECRET_NAME, nullable=False),
        Column("stage", String(256), nullable=False),
        Column("version_id", String(64), nullable=False),
        PrimaryKeyConstraint("secret_name", "stage", name="pk_secret_stages"),
    )

"""Connections of the Data Catalog."""

from alembic import op
from sqlalchemy import Column, Integer, PrimaryKeyConstraint, Text

from mastic.store.types import ByteText, Json, UtcDateTime


def upgrade() -> None:
    op.create_table(
        "connections",
        Column("name", ByteText, nullable=False),
        Column("type", Text, nullable=False),
        Column("schema_version", Integer, nullable=False),
        Column("body", Json, nullable=False),
        Column("properties", Text, nullable=False),
        Column("created_at", UtcDateTime, nullable=False),
        Column("updated_at", UtcDateTime, nullable=False),
        Column("updated_by", Text, nullable=False),
        Column("validated_at", UtcDateTime),
        PrimaryKeyConstraint("name", name="pk_connections"),
    )

"""Databases, tables, their versions, partitions and partition indexes."""

from alembic import op
from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Text,
)

from mastic.store.types import ByteText, Json, Serial, UtcDateTime


def upgrade() -> None:
    op.create_table(
        "databases",
        Column("id", Serial, nullable=False),
        Column("name", ByteText, nullable=False),
        Column("body", Json, nullable=False),
        Column("created_at", UtcDateTime, nullable=False),
        PrimaryKeyConstraint("id", name="pk_databases"),
    )
    op.create_index("uq_databases_name", "databases", ["name"], unique=True)
    op.create_table(
        "tables",
        Column("id", Serial, nullable=False),
        Column("database_id", Serial, nullable=False),
        Column("name", ByteText, nullable=False),
        Column("version", Integer, nullable=False),
        Column("body", Json, nullable=False),
        Column("created_by", Text, nullable=False),
        Column("created_at", UtcDateTime, nullable=False),
        Column("updated_at", UtcDateTime, nullable=False),
        PrimaryKeyConstraint("id", name="pk_tables"),
        ForeignKeyConstraint(
            ["database_id"], ["databases.id"], name="fk_tables_database_id_databases", ondelete="CASCADE"
        ),
    )
    op.create_index("uq_tables_database_id_name", "tables", ["database_id", "name"], unique=True)
    op.create_table(
        "table_versions",
        Column("table_id", Serial, nullable=False),
        Column("version", Integer, nullable=False),
        Column("body", Json, nullable=False),
        Column("updated_at", UtcDateTime, nullable=False),
        PrimaryKeyConstraint("table_id", "version", name="pk_table_versions"),
        _of_table("table_versions"),
    )
    op.create_table(
        "partition_indexes",
        Column("table_id", Serial, nullable=False),
        Column("name", ByteText, nullable=False),
        Column("keys", Json, nullable=False),
        PrimaryKeyConstraint("table_id", "name", name="pk_partition_indexes"),
        _of_table("partition_indexes"),
    )
    op.create_table(
        "partition_descriptors",
        Column("id", Serial, nullable=False),
        Column("table_id", Serial, nullable=False),
        Column("digest", LargeBinary(16), nullable=False),
        Column("body", Json, nullable=False),
        PrimaryKeyConstraint("id", name="pk_partition_descriptors"),
        _of_table("partition_descriptors"),
    )
    digest = ["table_id", "digest"]
    op.create_index("uq_partition_descriptors_table_id_digest", "partition_descriptors", digest, unique=True)
    _create_partitions()


def _create_partitions() -> None:
    op.create_table(
        "partitions",
        Column("id", Serial, nullable=False),
        Column("table_id", Serial, nullable=False),
        Column("identity", LargeBinary(16), nullable=False),
        Column("descriptor_id", Serial, nullable=True),
        Column("body", Json, nullable=False),
        Column("created_at", UtcDateTime, nullable=False),
        *(Column(f"k{position}", ByteText, nullable=True) for position in range(16)),
        PrimaryKeyConstraint("id", name="pk_partitions"),
        _of_table("partitions"),
    )
    op.create_index("uq_partitions_table_id_identity", "partitions", ["table_id", "identity"], unique=True)
    op.create_index("ix_partitions_table_id_id", "partitions", ["table_id", "id"])
    op.create_index("ix_partitions_k0_k1_k2", "partitions", ["table_id", "k0", "k1", "k2"])
    op.create_index("ix_partitions_k1", "partitions", ["table_id", "k1"])
    op.create_index("ix_partitions_k2", "partitions", ["table_id", "k2"])


def _of_table(table: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["table_id"], ["tables.id"], name=f"fk_{table}_table_id_tables", ondelete="CASCADE")

"""The catalog's tables. Definitions are kept as the JSON they came in; what is searched for has columns of its own."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from mastic.store.database import metadata
from mastic.store.types import ByteText, Json, Serial, UtcDateTime

# One column per partition key makes a filter one plain WHERE; a table with more keys is refused by name.
MAX_PARTITION_KEYS = 16
SORT_KEYS = tuple(f"k{position}" for position in range(MAX_PARTITION_KEYS))

databases = Table(
    "databases",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("name", ByteText, nullable=False),
    Column("body", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index("uq_databases_name", "name", unique=True),
)

tables = Table(
    "tables",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("database_id", Serial, ForeignKey("databases.id", ondelete="CASCADE"), nullable=False),
    Column("name", ByteText, nullable=False),
    Column("version", Integer, nullable=False),
    Column("body", Json, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("uq_tables_database_id_name", "database_id", "name", unique=True),
)

# Archived versions only; the current one is the row in `tables`.
table_versions = Table(
    "table_versions",
    metadata,
    Column("table_id", Serial, ForeignKey("tables.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("body", Json, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

# Declared indexes are kept for the clients that read them back; every partition key is indexed anyway.
partition_indexes = Table(
    "partition_indexes",
    metadata,
    Column("table_id", Serial, ForeignKey("tables.id", ondelete="CASCADE"), primary_key=True),
    Column("name", ByteText, primary_key=True),
    Column("keys", Json, nullable=False),
)

# What thousands of partitions of one table share: their storage descriptor without location and parameters.
partition_descriptors = Table(
    "partition_descriptors",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("table_id", Serial, ForeignKey("tables.id", ondelete="CASCADE"), nullable=False),
    Column("digest", LargeBinary(16), nullable=False),
    Column("body", Json, nullable=False),
    Index("uq_partition_descriptors_table_id_digest", "table_id", "digest", unique=True),
)

partitions = Table(
    "partitions",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("table_id", Serial, ForeignKey("tables.id", ondelete="CASCADE"), nullable=False),
    Column("identity", LargeBinary(16), nullable=False),  # digest of the values: unique at any length
    Column("descriptor_id", Serial, nullable=True),
    Column("body", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    *(Column(name, ByteText) for name in SORT_KEYS),
    Index("uq_partitions_table_id_identity", "table_id", "identity", unique=True),
    Index("ix_partitions_table_id_id", "table_id", "id"),
    Index("ix_partitions_k0_k1_k2", "table_id", "k0", "k1", "k2"),
    Index("ix_partitions_k1", "table_id", "k1"),
    Index("ix_partitions_k2", "table_id", "k2"),
)

# What a connection connects with (its properties, for every compute environment) is one encrypted text.
connections = Table(
    "connections",
    metadata,
    Column("name", ByteText, primary_key=True),
    Column("type", Text, nullable=False),
    Column("schema_version", Integer, nullable=False),
    Column("body", Json, nullable=False),
    Column("properties", Text, nullable=False),  # encrypted
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("updated_by", Text, nullable=False),
    Column("validated_at", UtcDateTime),
)

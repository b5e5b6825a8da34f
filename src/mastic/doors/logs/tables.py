"""Log groups, their streams, and the streams' events in compressed chunks. Times are milliseconds, as on the wire."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table

from mastic.store.database import metadata
from mastic.store.types import ByteText, Serial

groups = Table(
    "log_groups",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("name", ByteText, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("retention_days", Integer),
    Index("uq_log_groups_name", "name", unique=True),
)

streams = Table(
    "log_streams",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("group_id", Serial, ForeignKey("log_groups.id", ondelete="CASCADE"), nullable=False),
    Column("name", ByteText, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("first_event_ms", BigInteger, nullable=False),  # 0: no event yet
    Column("last_event_ms", BigInteger, nullable=False),
    Column("ingested_ms", BigInteger, nullable=False),
    Column("stored_bytes", BigInteger, nullable=False),
    Column("next_seq", BigInteger, nullable=False),
    Column("writer", ByteText),  # whose numbered batch came last, and its number: one sent again is not added again
    Column("writer_batch", BigInteger),
    Index("uq_log_streams_group_id_name", "group_id", "name", unique=True),
    Index("ix_log_streams_group_id_last_event_ms", "group_id", "last_event_ms", "name"),
)

chunks = Table(
    "log_chunks",
    metadata,
    Column("stream_id", Serial, ForeignKey("log_streams.id", ondelete="CASCADE"), primary_key=True),
    Column("first_seq", BigInteger, primary_key=True),
    Column("group_id", Serial, nullable=False),
    Column("events", Integer, nullable=False),
    Column("first_ms", BigInteger, nullable=False),
    Column("last_ms", BigInteger, nullable=False),
    Column("raw_bytes", Integer, nullable=False),
    Column("payload", LargeBinary, nullable=False),  # last: listing chunks does not read it
    Index("ix_log_chunks_group_id_first_ms", "group_id", "first_ms"),
    Index("ix_log_chunks_group_id_last_ms", "group_id", "last_ms"),
)

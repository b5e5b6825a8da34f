"""Log groups, streams and chunks."""

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Integer, LargeBinary, PrimaryKeyConstraint

from mastic.store.types import ByteText, Serial


def upgrade() -> None:
    op.create_table(
        "log_groups",
        Column("id", Serial, nullable=False),
        Column("name", ByteText, nullable=False),
        Column("created_ms", BigInteger, nullable=False),
        Column("retention_days", Integer, nullable=True),
        PrimaryKeyConstraint("id", name="pk_log_groups"),
    )
    op.create_index("uq_log_groups_name", "log_groups", ["name"], unique=True)
    op.create_table(
        "log_streams",
        Column("id", Serial, nullable=False),
        Column("group_id", Serial, nullable=False),
        Column("name", ByteText, nullable=False),
        Column("created_ms", BigInteger, nullable=False),
        Column("first_event_ms", BigInteger, nullable=False),
        Column("last_event_ms", BigInteger, nullable=False),
        Column("ingested_ms", BigInteger, nullable=False),
        Column("stored_bytes", BigInteger, nullable=False),
        Column("next_seq", BigInteger, nullable=False),
        PrimaryKeyConstraint("id", name="pk_log_streams"),
        ForeignKeyConstraint(
            ["group_id"], ["log_groups.id"], name="fk_log_streams_group_id_log_groups", ondelete="CASCADE"
        ),
    )
    op.create_index("uq_log_streams_group_id_name", "log_streams", ["group_id", "name"], unique=True)
    by_time = ["group_id", "last_event_ms", "name"]
    op.create_index("ix_log_streams_group_id_last_event_ms", "log_streams", by_time)
    op.create_table(
        "log_chunks",
        Column("stream_id", Serial, nullable=False),
        Column("first_seq", BigInteger, nullable=False),
        Column("group_id", Serial, nullable=False),
        Column("events", Integer, nullable=False),
        Column("first_ms", BigInteger, nullable=False),
        Column("last_ms", BigInteger, nullable=False),
        Column("raw_bytes", Integer, nullable=False),
        Column("payload", LargeBinary, nullable=False),
        PrimaryKeyConstraint("stream_id", "first_seq", name="pk_log_chunks"),
        ForeignKeyConstraint(
            ["stream_id"], ["log_streams.id"], name="fk_log_chunks_stream_id_log_streams", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_log_chunks_group_id_first_ms", "log_chunks", ["group_id", "first_ms"])
    op.create_index("ix_log_chunks_group_id_last_ms", "log_chunks", ["group_id", "last_ms"])

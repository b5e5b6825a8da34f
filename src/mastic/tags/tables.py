"""The tags of every taggable resource."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table

from mastic.store.database import metadata

tags = Table(
    "tags",
    metadata,
    Column("arn", String(1024), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("value", String(256), nullable=False),
    Index("ix_tags_key", "key", "value"),
)

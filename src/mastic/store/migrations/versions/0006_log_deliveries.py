"""Which batch of a worker a log stream has taken last."""

from alembic import op
from sqlalchemy import BigInteger, Column

from mastic.store.types import ByteText


def upgrade() -> None:
    op.add_column("log_streams", Column("writer", ByteText))
    op.add_column("log_streams", Column("writer_batch", BigInteger))

"""Tags of any resource, by ARN. A feature calls `add` when it creates a resource and `forget` when it deletes one."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlalchemy import Connection, delete, select

from mastic.protocol.errors import InvalidInputException
from mastic.store.database import upsert
from mastic.tags.tables import tags

MOST_TAGS = 50

Exists = Callable[[Connection, str], bool]

# The kind of resource in an ARN (`job` in `arn:aws:glue:...:job/nightly`), and how to tell whether one exists.
TAGGABLE: dict[str, Exists] = {}


def taggable(kind: str) -> Callable[[Exists], Exists]:
    """Register a kind of resource: the function says whether one of that name (what follows `kind/`) exists."""

    def register(exists: Exists) -> Exists:
        TAGGABLE[kind] = exists
        return exists

    return register


def of(connection: Connection, arn: str) -> dict[str, str]:
    """A resource's tags."""
    query = select(tags.c.key, tags.c.value).where(tags.c.arn == arn).order_by(tags.c.key)
    return {row.key: row.value for row in connection.execute(query)}


def add(connection: Connection, arn: str, new: dict[str, str]) -> None:
    """Add or overwrite tags. Raises InvalidInputException for AWS's own prefix and for more than 50."""
    if not new:
        return
    reserved = [key for key in new if key.lower().startswith("aws:")]
    if reserved:
        raise InvalidInputException(f"Tag key {reserved[0]!r} must not begin with aws:, which is reserved.")
    total = len({*of(connection, arn), *new})
    if total > MOST_TAGS:
        raise InvalidInputException(f"{arn} would have {total} tags; at most {MOST_TAGS} are allowed.")
    rows = [{"arn": arn, "key": key, "value": value} for key, value in new.items()]
    upsert(connection, tags, rows, keys=("arn", "key"))


def remove(connection: Connection, arn: str, keys: Iterable[str]) -> None:
    """Remove tags; keys that are not there are ignored."""
    connection.execute(delete(tags).where(tags.c.arn == arn, tags.c.key.in_(list(keys))))


def forget(connection: Connection, arn: str) -> None:
    """Remove every tag of a resource that is being deleted."""
    connection.execute(delete(tags).where(tags.c.arn == arn))

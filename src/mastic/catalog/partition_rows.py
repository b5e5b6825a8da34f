"""How partitions are kept: sort keys for their values, and what they share of their descriptor stored once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, bindparam, exists, select, update

from mastic.catalog import wire
from mastic.catalog.partition_values import Key, kind_of, sort_key
from mastic.catalog.tables import SORT_KEYS, partition_descriptors, partitions
from mastic.protocol.errors import InvalidInputException
from mastic.store.database import insert_new

# Together the values must fit an S3 key; it also keeps them within what a database can index.
MAX_VALUE_BYTES = 1024
# A page ends early when its columns alone would make the response larger than this.
MAX_PAGE_BYTES = 8 * 2**20
_OWN_MEMBERS = ("Location", "Parameters")
_REKEY_BATCH = 1000


class DescriptorWriter:
    """Stores what a table's partitions share, each distinct descriptor once."""

    def __init__(self, connection: Connection, table_id: int) -> None:
        self.connection = connection
        self.table_id = table_id
        self.known: dict[bytes, int] = {}

    def id_of(self, descriptor: dict[str, Any]) -> int:
        digest = hashlib.blake2b(msgspec.json.encode(descriptor), digest_size=16).digest()
        if digest not in self.known:
            self.known[digest] = self._find_or_insert(digest, descriptor)
        return self.known[digest]

    def _find_or_insert(self, digest: bytes, descriptor: dict[str, Any]) -> int:
        table = partition_descriptors
        mine = select(table.c.id).where(table.c.table_id == self.table_id, table.c.digest == digest)
        found = self.connection.scalar(mine)
        if found is not None:
            return int(found)
        row = {"table_id": self.table_id, "digest": digest, "body": descriptor}
        made = self.connection.scalar(insert_new(self.connection, table).returning(table.c.id), row)
        return int(made if made is not None else self.connection.execute(mine).scalar_one())


def content(descriptors: DescriptorWriter, entry: dict[str, Any], values: list[str]) -> dict[str, Any]:
    """The columns that hold what a PartitionInput says."""
    body = wire.times_to_epoch({**entry, "Values": values})
    descriptor = body.pop("StorageDescriptor", None)
    if descriptor is None:
        return {"descriptor_id": None, "body": body}
    own = {name: descriptor[name] for name in _OWN_MEMBERS if name in descriptor}
    shared = {name: value for name, value in descriptor.items() if name not in own}
    return {"descriptor_id": descriptors.id_of(shared), "body": {**body, "StorageDescriptor": own}}


def sort_columns(parent: Row[Any], values: list[str]) -> dict[str, str | None]:
    """What goes into k0, k1, ... for a new partition. Raises InvalidInputException."""
    check_count(parent, values)
    if not values:
        raise InvalidInputException(f"Table {parent.name} has no partition keys and can have no partitions")
    if any("\0" in value for value in values):
        raise InvalidInputException(f"Partition values {values} contain a NUL character")
    if sum(len(value.encode()) for value in values) > MAX_VALUE_BYTES:
        raise InvalidInputException(
            f"Partition values starting {values[0][:40]!r} are longer than {MAX_VALUE_BYTES} bytes together"
        )
    return _sort_values(key_types(parent.body), values)


def _sort_values(keys: list[tuple[str, str]], values: list[str]) -> dict[str, str | None]:
    found = {}
    for column, (name, type_name), value in zip(SORT_KEYS, keys, values, strict=False):
        try:
            found[column] = sort_key(kind_of(type_name), value)
        except ValueError:
            raise InvalidInputException(
                f"Partition value {value!r} of partition key {name!r} is not a valid {type_name}"
            ) from None
    return found


def descriptors_of(connection: Connection, rows: Sequence[Row[Any]]) -> dict[int, dict[str, Any]]:
    """The shared descriptors of these partitions, each read and decoded once."""
    ids = {row.descriptor_id for row in rows if row.descriptor_id is not None}
    if not ids:
        return {}
    table = partition_descriptors
    found = connection.execute(select(table.c.id, table.c.body).where(table.c.id.in_(ids)))
    return {row.id: row.body for row in found}


def fitting(rows: Sequence[Row[Any]], descriptors: dict[int, dict[str, Any]]) -> int:
    """How many of the rows fit one response; at least one."""
    sizes = {key: len(msgspec.json.encode(body)) for key, body in descriptors.items()}
    total = 0
    for count, row in enumerate(rows):
        total += sizes.get(row.descriptor_id, 0)
        if total > MAX_PAGE_BYTES and count:
            return count
    return len(rows)


def key_types(body: dict[str, Any]) -> list[tuple[str, str]]:
    """Name and type of each partition key of a table definition."""
    return [(key["Name"], key.get("Type") or "string") for key in body.get("PartitionKeys") or []]


def keys_of(body: dict[str, Any]) -> list[Key]:
    """The table's partition keys as an expression may use them."""
    return [
        Key(name, kind_of(type_name), type_name, partitions.c[column])
        for (name, type_name), column in zip(key_types(body), SORT_KEYS, strict=False)
    ]


def check_count(parent: Row[Any], values: Sequence[str]) -> None:
    """Raises InvalidInputException unless there is one value per partition key."""
    keys = [name for name, _ in key_types(parent.body)]
    if len(values) != len(keys):
        raise InvalidInputException(
            "The number of partition keys do not match the number of partition values: "
            f"table {parent.name} has {len(keys)} ({', '.join(keys) or 'none'}), given are {len(values)} {list(values)}"
        )


def rekey(connection: Connection, table_id: int, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Make the sort keys of a table's partitions those of its new partition keys.

    Raises InvalidInputException when partitions are there that cannot belong to the new keys.
    """
    old, new = key_types(before), key_types(after)
    if [kind_of(type_name) for _, type_name in old] == [kind_of(type_name) for _, type_name in new]:
        return
    mine = partitions.c.table_id == table_id
    if len(old) != len(new):
        if connection.scalar(select(exists().where(mine))):
            raise InvalidInputException(
                f"TableInput.PartitionKeys: the table has partitions with {len(old)} values each and cannot get "
                f"{len(new)} partition keys; delete its partitions first"
            )
        return
    last = 0
    statement = update(partitions).where(partitions.c.id == bindparam("row_id"))
    wanted = select(partitions.c.id, partitions.c.body).where(mine).order_by(partitions.c.id).limit(_REKEY_BATCH)
    while rows := connection.execute(wanted.where(partitions.c.id > last)).all():
        keys = [{"row_id": row.id, **_sort_values(new, row.body["Values"])} for row in rows]
        connection.execute(statement, keys)
        last = rows[-1].id

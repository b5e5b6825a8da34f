"""Partitions: found by typed values, listed in the order they were made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, delete, select, update

from mastic.app import App
from mastic.catalog import wire
from mastic.catalog.partition_rows import (
    DescriptorWriter,
    check_count,
    content,
    descriptors_of,
    fitting,
    keys_of,
    sort_columns,
)
from mastic.catalog.partition_values import identity
from mastic.catalog.rows import table_row
from mastic.catalog.tables import partitions
from mastic.protocol.errors import AlreadyExistsException, AwsError, EntityNotFoundException, InvalidInputException
from mastic.store.database import insert_new

_FEW = 3000


@dataclass(frozen=True)
class Failure:
    """One entry of a batch that could not be done."""

    values: list[str]
    error: AwsError

    def wire(self, values_member: str) -> dict[str, Any]:
        """As a batch operation answers it; AWS has two names for the values."""
        return {values_member: self.values, "ErrorDetail": wire.error_detail(self.error)}


def create(app: App, database: str, table: str, given: dict[str, Any]) -> None:
    """Raises EntityNotFoundException (table), AlreadyExistsException, InvalidInputException."""
    _raise_first(create_many(app, database, table, [given]))


def create_many(app: App, database: str, table: str, given: Sequence[dict[str, Any]]) -> list[Failure]:
    """Create partitions; returns the entries that could not be created. Raises EntityNotFoundException (table)."""
    failures: list[Failure] = []
    rows: dict[bytes, dict[str, Any]] = {}
    with app.store.write() as connection:
        parent = table_row(connection, database, table, lock=True)
        descriptors = DescriptorWriter(connection, parent.id)
        now = app.clock.now()
        for entry in given:
            values = entry.get("Values") or []
            try:
                key = identity(values)
                columns = sort_columns(parent, values)
                if key in rows:
                    raise _exists(values)
            except AwsError as error:
                failures.append(Failure(values, error))
                continue
            rows[key] = {
                "table_id": parent.id,
                "identity": key,
                "created_at": now,
                **content(descriptors, entry, values),
                **columns,
            }
        for key in _insert(connection, rows):
            values = rows[key]["body"]["Values"]
            failures.append(Failure(values, _exists(values)))
    return failures


def get(app: App, database: str, table: str, values: list[str]) -> dict[str, Any]:
    """Raises EntityNotFoundException, InvalidInputException."""
    with app.store.read() as connection:
        parent = table_row(connection, database, table)
        check_count(parent, values)
        row = connection.execute(_chosen(parent, [values])).one_or_none()
        if row is None:
            raise _missing(values)
        return _wired(app, database, parent, [row], descriptors_of(connection, [row]))[0]


def get_many(
    app: App, database: str, table: str, wanted: Sequence[list[str]]
) -> tuple[list[dict[str, Any]], list[list[str]]]:
    """The partitions that are there, in the order asked for, and the values that did not fit in one answer.

    As on AWS, values of no partition are in neither.
    """
    with app.store.read() as connection:
        parent = table_row(connection, database, table)
        for values in wanted:
            check_count(parent, values)
        found = {row.identity: row for row in connection.execute(_chosen(parent, wanted))}
        rows = [found[key] for key in dict.fromkeys(map(identity, wanted)) if key in found]
        descriptors = descriptors_of(connection, rows)
    count = fitting(rows, descriptors)
    return _wired(app, database, parent, rows[:count], descriptors), [row.body["Values"] for row in rows[count:]]


def page(
    app: App,
    database: str,
    table: str,
    *,
    expression: str = "",
    segment: tuple[int, int] | None = None,
    after: int = 0,
    limit: int,
    columns: bool = True,
) -> tuple[list[dict[str, Any]], int | None]:
    """Partitions matching `expression`, and the last id when there are more.

    `segment` is (number, total): every partition is in exactly one. Raises EntityNotFoundException,
    InvalidInputException.
    """
    with app.store.read() as connection:
        parent = table_row(connection, database, table)
        conditions = [partitions.c.table_id == parent.id]
        if segment is not None:
            conditions.append(partitions.c.id % segment[1] == segment[0])
        few: list[int] | None = None
        if expression.strip():
            from mastic.catalog.expression import compile_expression  # the SQL parser: a server starts without it

            sqlite = connection.dialect.name == "sqlite"
            conditions.append(compile_expression(expression, keys_of(parent.body), sqlite=sqlite))
            few = _few(connection, conditions, after)
        if few is None:
            wanted = _rows().where(*conditions, partitions.c.id > after)
        else:
            wanted = _rows().where(partitions.c.id.in_(few[: limit + 1]))
        rows = connection.execute(wanted.order_by(partitions.c.id).limit(limit + 1)).all()
        descriptors = descriptors_of(connection, rows)
    if not columns:
        descriptors = {key: {k: v for k, v in d.items() if k != "Columns"} for key, d in descriptors.items()}
    count = min(limit, fitting(rows, descriptors))
    found = _wired(app, database, parent, rows[:count], descriptors)
    return found, rows[count - 1].id if len(rows) > count else None


def change(app: App, database: str, table: str, values: list[str], given: dict[str, Any]) -> None:
    """Replace a partition's definition. Raises EntityNotFoundException, InvalidInputException."""
    _raise_first(change_many(app, database, table, [(values, given)]))


def change_many(
    app: App, database: str, table: str, entries: Sequence[tuple[list[str], dict[str, Any]]]
) -> list[Failure]:
    """Replace partitions' definitions; their values stay. Returns the entries that could not be changed."""
    failures: list[Failure] = []
    with app.store.write() as connection:
        parent = table_row(connection, database, table, lock=True)
        descriptors = DescriptorWriter(connection, parent.id)
        for values, given in entries:
            try:
                _change(connection, parent, descriptors, values, given)
            except AwsError as error:
                failures.append(Failure(values, error))
    return failures


def remove(app: App, database: str, table: str, values: list[str]) -> None:
    """Raises EntityNotFoundException, InvalidInputException."""
    _raise_first(remove_many(app, database, table, [values]))


def remove_many(app: App, database: str, table: str, wanted: Sequence[list[str]]) -> list[Failure]:
    """Delete partitions; returns those that could not be deleted."""
    failures: list[Failure] = []
    with app.store.write() as connection:
        parent = table_row(connection, database, table, lock=True)
        for values in wanted:
            try:
                check_count(parent, values)
                if not connection.execute(delete(partitions).where(_is(parent, values))).rowcount:
                    raise _missing(values)
            except AwsError as error:
                failures.append(Failure(values, error))
    return failures


def _raise_first(failures: list[Failure]) -> None:
    if failures:
        raise failures[0].error


def _few(connection: Connection, conditions: list[Any], after: int) -> list[int] | None:
    """The ids after `after` that meet the conditions, in order; None when they are more than a few.

    To have rows in the order of ids, databases walk through all of them and test each. With `id + 0` there is no
    such order to be had, and they use the indexes on the values.
    """
    wanted = select(partitions.c.id).where(*conditions, partitions.c.id + 0 > after).limit(_FEW + 1)
    ids = connection.scalars(wanted).all()
    return sorted(ids) if len(ids) <= _FEW else None


def _insert(connection: Connection, rows: dict[bytes, dict[str, Any]]) -> list[bytes]:
    """Insert rows; returns the identities that were there already."""
    if not rows:
        return []
    statement = insert_new(connection, partitions).returning(partitions.c.identity)
    inserted = {bytes(key) for key in connection.scalars(statement, list(rows.values()))}
    return [key for key in rows if key not in inserted]


def _change(
    connection: Connection,
    parent: Row[Any],
    descriptors: DescriptorWriter,
    values: list[str],
    entry: dict[str, Any],
) -> None:
    check_count(parent, values)
    if entry.get("Values") and entry["Values"] != values:
        raise InvalidInputException(
            f"PartitionInput.Values {entry['Values']} differ from the partition's {values}; the values of a partition "
            "cannot be changed: delete it and create another"
        )
    changed = content(descriptors, entry, values)
    if not connection.execute(update(partitions).where(_is(parent, values)).values(changed)).rowcount:
        raise _missing(values)


def _rows() -> Select[Any]:
    table = partitions.c
    return select(table.id, table.identity, table.descriptor_id, table.body, table.created_at)


def _chosen(parent: Row[Any], wanted: Sequence[list[str]]) -> Select[Any]:
    keys = [identity(values) for values in wanted]
    return _rows().where(partitions.c.table_id == parent.id, partitions.c.identity.in_(keys))


def _is(parent: Row[Any], values: list[str]) -> Any:
    return and_(partitions.c.table_id == parent.id, partitions.c.identity == identity(values))


def _wired(
    app: App, database: str, parent: Row[Any], rows: Sequence[Row[Any]], descriptors: dict[int, dict[str, Any]]
) -> list[dict[str, Any]]:
    return [wire.partition(app, database, parent.name, row, descriptors.get(row.descriptor_id)) for row in rows]


def _exists(values: list[str]) -> AwsError:
    return AlreadyExistsException(f"Partition already exists: {values}.")


def _missing(values: list[str]) -> AwsError:
    return EntityNotFoundException(f"Cannot find partition: {values}.")

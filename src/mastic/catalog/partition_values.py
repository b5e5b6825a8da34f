"""Partition values as text whose byte order is the order of their type, so that any database can index and compare.

A value that Hive writes for NULL has no sort key: comparisons with it are unknown, as in SQL.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Literal

import msgspec
from sqlalchemy import ColumnElement

Kind = Literal["text", "number", "time", "boolean", "opaque"]

HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"

_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("string", "char", "varchar"), "text"),
    **dict.fromkeys(("tinyint", "smallint", "int", "integer", "bigint", "long"), "number"),
    **dict.fromkeys(("decimal", "numeric", "float", "double", "real"), "number"),
    **dict.fromkeys(("date", "timestamp"), "time"),
    **dict.fromkeys(("boolean", "bool"), "boolean"),
}
_BOOLEANS = {"true": "1", "1": "1", "false": "0", "0": "0"}
_NINES = str.maketrans("0123456789", "9876543210")
_TIME = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?)?\s*(Z|[+-]\d{2}:?\d{2})?"
)


@dataclass(frozen=True)
class Key:
    """A partition key: its name, how its values compare and where their sort keys are."""

    name: str
    kind: Kind
    type_name: str
    column: ColumnElement[str]


def kind_of(type_name: str | None) -> Kind:
    """How values of a column type compare: `decimal(10,2)` is a number, `array<int>` compares with nothing."""
    base = (type_name or "string").strip().lower().split("(")[0].strip()
    return _KINDS.get(base, "opaque")


def identity(values: list[str]) -> bytes:
    """What makes a partition unique in its table: its values as given (`1` and `01` are two partitions)."""
    return hashlib.blake2b(msgspec.json.encode(values), digest_size=16).digest()


def sort_key(kind: Kind, value: str) -> str | None:
    """The value as sortable text, None for NULL. Raises ValueError when it is not of its kind."""
    if value == HIVE_NULL:
        return None
    if kind == "number":
        return _number(value)
    if kind == "time":
        return _time(value)
    if kind == "boolean":
        return _boolean(value)
    return value


def _boolean(value: str) -> str:
    try:
        return _BOOLEANS[value.strip().lower()]
    except KeyError:
        raise ValueError(value) from None


def _number(value: str) -> str:
    """Sign, count of integer digits, digits; all complemented below zero. `2.50` and `2.5` are one key."""
    if "_" in value:
        raise ValueError(value)  # Python's digit grouping, nobody else's
    try:
        number = Decimal(value.strip())
    except InvalidOperation:
        raise ValueError(value) from None
    if number.is_nan():
        return "2"  # above everything, as Spark orders NaN
    if number.is_infinite():
        return "1999" if number > 0 else "0000"
    if abs(number.adjusted()) > 400:
        raise ValueError(value)
    whole, _, fraction = f"{abs(number):f}".partition(".")
    whole, fraction = whole.lstrip("0"), fraction.rstrip("0")
    digits = f"{len(whole):03}{whole}" + (f".{fraction}" if fraction else "")
    return f"1{digits}" if number >= 0 else f"0{digits.translate(_NINES)}~"


def _time(value: str) -> str:
    """A date, or date and time in UTC when a zone is given; midnight equals its date."""
    found = _TIME.fullmatch(value.strip())
    if not found:
        raise ValueError(value)
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    moment = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0))
    if zone:
        try:
            moment = moment.replace(tzinfo=_zone(zone)).astimezone(UTC).replace(tzinfo=None)
        except OverflowError:
            raise ValueError(value) from None
    fraction = (fraction or "").rstrip("0")
    if not (moment.hour or moment.minute or moment.second or fraction):
        return moment.date().isoformat()
    return moment.isoformat(sep=" ") + (f".{fraction}" if fraction else "")


def _zone(zone: str) -> timezone:
    if zone == "Z":
        return UTC
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return timezone(-offset if zone[0] == "-" else offset)

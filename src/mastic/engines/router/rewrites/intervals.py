"""Dates and times plus or minus an interval, by the functions that do the same."""

from __future__ import annotations

from mastic.engines.router import pb, types
from mastic.engines.router.pb import Message, Unproven
from mastic.engines.router.types import Type

MARKER = "mastic_interval"  # stands between the translation of `INTERVAL 1 DAY` and the analysis
_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "year": 12}
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}


def held(argument: Message) -> tuple[int, str] | None:
    """(count, unit) when the argument is an interval."""
    if argument.WhichOneof("expr_type") != "unresolved_function":
        return None
    call = argument.unresolved_function
    if call.function_name != MARKER:
        return None
    return call.arguments[0].literal.integer, call.arguments[1].literal.string


def shifted(value: Message, type_: Type, count: int, unit: str) -> Message:
    """The date or UTC time that many units later, as calls the proven list is then asked for."""
    if type_ == types.DATE and unit in _DAYS:
        return pb.function("date_add", value, pb.integer(count * _DAYS[unit]))
    if type_ == types.DATE and unit in _MONTHS:
        return pb.function("add_months", value, pb.integer(count * _MONTHS[unit]))
    if type_ == types.TIMESTAMP and unit in _SECONDS:
        micros = pb.function("unix_micros", value)
        return pb.function("timestamp_micros", pb.function("+", micros, pb.long(count * _SECONDS[unit] * 1_000_000)))
    raise Unproven(f"{type_.kind} with an interval of {unit}s")

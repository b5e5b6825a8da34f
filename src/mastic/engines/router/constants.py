"""Literal arguments: what is proven of a function with a literal is not proven of it with a column, nor with any
literal."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal

from mastic.engines.router import pb, types
from mastic.engines.router.pb import Message, Unproven
from mastic.engines.router.types import Type

_PATTERN = re.compile(r"(?:[^\\]|\\[%_\\])*", re.S)  # where Spark takes the escapes of LIKE


def _given(_: Message) -> bool:
    return True


def _pattern(literal: Message) -> bool:
    return literal.WhichOneof("literal_type") == "string" and _PATTERN.fullmatch(literal.string) is not None


def _some_text(literal: Message) -> bool:
    return bool(literal.string)  # what is empty stands at the first place to Spark, where the search starts to Sail


def _letter(literal: Message) -> bool:
    return len(literal.string) == 1


def _bits(literal: Message) -> bool:
    return bool(0 <= literal.integer < 32)  # of others Java takes the last five bits


def _place(literal: Message) -> bool:
    return bool(literal.integer > 0)


def _rest(literal: Message) -> bool:
    return bool(literal.integer == -1)


# Function -> position of an argument (from 0) -> which literals there are proven; NULL never is, nor anything computed.
_CONSTANTS: dict[str, dict[int, Callable[[Message], bool]]] = {
    "months_between": {2: _given},
    "array_join": {1: _given, 2: _given},
    "overlay": {2: _place, 3: _rest},
    "like": {1: _pattern},
    "ilike": {1: _pattern},
    "locate": {0: _some_text},
    "shiftrightunsigned": {1: _bits},
    "mask": {1: _letter, 2: _letter, 3: _letter},
}
_FRAMELESS = frozenset(["row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead"])
_GAP = range(-141437, -141427)  # 5 to 14 October 1582, which a client's dates have and Spark moves to the 15th
_DAY = 86_400_000_000


def check_window(window: Message) -> None:
    """Raise Unproven for what Spark refuses of functions that have a frame of their own."""
    name = window.window_function.unresolved_function.function_name.lower()
    if name in _FRAMELESS and (window.HasField("frame_spec") or not window.order_spec):
        raise Unproven(f"{name} without an order or with a frame")


def check(name: str, arguments: Sequence[Message], given: Sequence[Type]) -> None:
    """Raise Unproven where an argument must be a literal, or another one."""
    for position, proven in _CONSTANTS.get(name, {}).items():
        if position < len(arguments) and not (_is_value(arguments[position]) and proven(arguments[position].literal)):
            raise Unproven(f"{name} with such an argument {position + 1}")
    if name == "concat_ws" and given[0] != types.STRING:
        raise Unproven("concat_ws with another separator than text")
    if name in ("regexp_replace", "regexp_extract") and len(arguments) > 2:
        _check_groups(name, *(argument.literal for argument in arguments[1:3]))


def _is_value(argument: Message) -> bool:
    return bool(argument.WhichOneof("expr_type") == "literal" and argument.literal.WhichOneof("literal_type") != "null")


def _is_cast(argument: Message) -> bool:
    return bool(argument.WhichOneof("expr_type") == "cast" and argument.cast.expr.WhichOneof("expr_type") == "literal")


def _check_groups(name: str, pattern: Message, wanted: Message) -> None:
    """Spark raises where a group is meant that the pattern does not have."""
    meant = [int(number) for number in re.findall(r"\$([0-9]+)", wanted.string)] if wanted.string else [wanted.integer]
    try:
        groups = re.compile(pattern.string).groups
    except re.error:
        return  # no plain pattern
    if max(meant, default=0) > groups:
        raise Unproven(f"{name} of a group that the pattern does not have")


def check_calendar(literal: Message) -> None:
    """Raise Unproven for days that Spark's server loses on their way through Java's calendar."""
    kind = literal.WhichOneof("literal_type")
    days = {"date": literal.date, "timestamp": literal.timestamp // _DAY}.get(kind, 0)
    if days in _GAP:
        raise Unproven("literal of a day that Java's calendar does not have")


def decimal_type(literal: Message) -> Type:
    """As wide as the literal says, and as its digits need: pyspark says (10,0) of any."""
    if not (literal.HasField("precision") and literal.HasField("scale")):
        raise Unproven("literal decimal")
    digits = Decimal(literal.value).as_tuple()
    if not isinstance(digits.exponent, int):
        raise Unproven("literal decimal")
    scale = max(literal.scale, -digits.exponent)
    precision = max(literal.precision, len(digits.digits) + max(digits.exponent, 0), scale)
    if precision > 38:
        raise Unproven("literal decimal")
    return types.decimal(precision, scale).nullable(False)


def as_narrow_decimals(call: Message, arguments: list[Type]) -> list[Type]:
    """An integer literal beside a decimal is to Spark a decimal just as wide as its digits."""
    if "decimal" not in [type_.kind for type_ in arguments]:
        return arguments
    made = list(arguments)
    for place, (argument, type_) in enumerate(zip(call.arguments, arguments, strict=True)):
        if type_.kind in types.INTEGRAL and _is_value(argument):
            value = getattr(argument.literal, str(argument.literal.WhichOneof("literal_type")))
            made[place] = types.decimal(len(str(abs(value))), 0)  # NULL, to Spark, where it did not fit
            argument.CopyFrom(pb.cast(argument, types.to_proto(made[place])))
        elif type_.kind in types.INTEGRAL and _is_cast(argument):
            raise Unproven("5L beside a decimal")  # or the cast of 5, which is another thing
    return made

"""Text to numbers, booleans and dates: what only one of the two parsers takes is refused aloud, and Spark decides."""

from __future__ import annotations

import re

from mastic.engines.router import pb, types
from mastic.engines.router.pb import Message, Unproven
from mastic.engines.router.types import INTEGRAL, Type

_SPACE = "[\\x00-\\x20]*"
_PLAIN_DATE = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_ANY_DATE = f"(?s)^{_SPACE}[+-]?[0-9]{{4,7}}(-[0-9]{{1,2}}(-[0-9]{{1,2}}([ T].*)?)?)?{_SPACE}$"
_PARTS = re.compile("yyyy|MM|dd|HH|mm|ss")
_FORMAT = re.compile("(?:yyyy|MM|dd|HH|mm|ss|[-/ ._:])+")
_PLAIN_TIMESTAMP = "^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?Z?$"
_PLAIN_DECIMAL = "^[+-]?[0-9]{1,18}([.][0-9]{1,18})?$"
_ANY_DECIMAL = "\\p{Nd}"
_CONTROLLED = "[\\x00-\\x1f\\x7f]"  # Spark trims control characters, Sail does not all of them
_JAVA_DOUBLE = f"(?i){_CONTROLLED}|^ *[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)(e[+-]?[0-9]+)?[df] *$|^ *[+-]?0x"
_BOOLEAN = "(?i)^ *(t|true|f|false|y|yes|n|no|0|1) *$"


def cast(expression: Message, target: Type) -> Message | None:
    """The cast of text that Sail must compute instead; None where its own is right."""
    if target.kind == "date":
        return _guarded(expression, target, _PLAIN_DATE, _ANY_DATE)
    if target.kind == "decimal":
        return _guarded(expression, target, _PLAIN_DECIMAL, _ANY_DECIMAL)
    if target.kind == "boolean":
        return _guarded(expression, target, _BOOLEAN, _CONTROLLED)
    if expression.cast.eval_mode != 3:
        return None  # what Sail does not know it refuses by itself
    if target.kind in INTEGRAL:
        return _unless(expression, target, _CONTROLLED)
    if target.kind in types.FRACTIONAL:
        return _unless(expression, target, _JAVA_DOUBLE)
    return None


_PLAIN = {
    **dict.fromkeys(INTEGRAL, "^[+-]?[0-9]{1,18}$"),
    **dict.fromkeys(types.FRACTIONAL, "^[+-]?[0-9]{1,18}([.][0-9]{1,18})?(E[+-]?[0-9]{1,2})?$"),
    "decimal": _PLAIN_DECIMAL,
    "date": _PLAIN_DATE,
    "timestamp": _PLAIN_TIMESTAMP,
    "boolean": "^(true|false)$",
}


def of_file(value: Message, target: Type) -> Message:
    """What a text in a file means (times in UTC); other than plain texts are refused."""
    if target == types.STRING:
        return value
    if target.kind not in _PLAIN:
        raise Unproven(f"text read as {target.ddl()}")
    null = pb.cast(pb.null(), types.to_proto(target))
    fits = pb.function("rlike", value, pb.string(_PLAIN[target.kind]))
    parsed = pb.cast(value, types.to_proto(target))
    return pb.function("when", pb.function("isnull", value), null, fits, parsed, _refused(target))


BY_FORMAT = frozenset(["to_date", "to_timestamp", "unix_timestamp", "to_unix_timestamp"])


def by_format(name: str, call: Message, result: Type) -> Message | None:
    """A date or time by a format of fixed widths: texts that have them not are refused (Sail takes `+2024-01-31`)."""
    value, format = call.arguments[0], call.arguments[1].literal.string
    parts = _PARTS.findall(format)
    if not _FORMAT.fullmatch(format) or len(set(parts)) < len(parts):
        return None
    if name == "to_date":
        if sorted(parts) != ["MM", "dd", "yyyy"]:
            return None
        found = _date(value, format)
    else:
        found = pb.function(name, *call.arguments)
    digits = _PARTS.sub(lambda part: "[0-9]{2}" if len(part[0]) == 2 else "[1-9][0-9]{3}", format.replace(".", "[.]"))
    fits = pb.function("rlike", value, pb.string(f"^{digits}$"))
    null = pb.cast(pb.null(), types.to_proto(result))
    return pb.function("when", pb.function("isnull", value), null, fits, found, _refused(result))


def _date(value: Message, format: str) -> Message:
    """The date whose parts are where the format has them: Sail's own parser is more lenient than a cast."""
    year, month, day = (
        pb.function("substring", value, pb.integer(format.index(part) + 1), pb.integer(len(part)))
        for part in ("yyyy", "MM", "dd")
    )
    text = pb.function("concat", year, pb.string("-"), month, pb.string("-"), day)
    return pb.cast(text, types.to_proto(types.DATE))


def _refused(target: Type) -> Message:
    text = pb.function("raise_error", pb.string(f"text that may be a {target.kind}"))
    return pb.cast(text, types.to_proto(target))


def _unless(expression: Message, target: Type, possible: str) -> Message:
    """Sail's value; where it finds none, look closer (a pattern per value would cost too much on good data)."""
    odd = pb.function("rlike", expression.cast.expr, pb.string(possible))
    return pb.function("coalesce", expression, pb.function("when", odd, _refused(target)))


def _guarded(expression: Message, target: Type, plain: str, possible: str) -> Message:
    """CASE WHEN plain THEN the cast WHEN possible THEN refused ELSE NULL (or, outside try_cast, refused)."""
    value = expression.cast.expr
    null = pb.cast(pb.null(), types.to_proto(target))
    arms = [pb.function("isnull", value), null, pb.function("rlike", value, pb.string(plain)), expression]
    if expression.cast.eval_mode != 3:
        return pb.function("when", *arms, _refused(target))
    return pb.function("when", *arms, pb.function("rlike", value, pb.string(possible)), _refused(target), null)

"""Checks a request against the AWS model, the way AWS words its refusals.

A wrong JSON type is a SerializationException at once; broken constraints are collected and reported together.
Members AWS does not know are ignored, as AWS ignores them; a null member is an absent one.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from mastic.protocol.errors import AwsError, InvalidParameterException, SerializationException, ValidationException
from mastic.protocol.patterns import matcher

Shapes = dict[str, dict[str, Any]]
Path = tuple[Any, str] | None  # (parent, label): cheap to extend, turned into text only for an error
Errors = list[str]
Parser = Callable[[Any, Path, Errors], Any]
# What is wrong with one value: nothing, or AWS's sentence about the constraint.
Constraint = tuple[Callable[[Any], bool], str]

_CONSTRAINT_ERROR: dict[str, type[AwsError]] = {"logs": InvalidParameterException}
_LONGEST_ECHO = 1024
_INTEGER_BITS = {"integer": 31, "long": 63}
_NOT_NULL = "Member must not be null"


def request_parser(service: str, shapes: Shapes, reference: dict[str, Any] | None) -> Callable[[Any], dict[str, Any]]:
    """A function from decoded JSON to a checked request: timestamps are datetimes, blobs are bytes."""
    if reference is None:
        return lambda _: {}
    parse = _Compiler(shapes).parser(reference["shape"])
    error_class = _CONSTRAINT_ERROR.get(service, ValidationException)

    def checked(value: Any) -> dict[str, Any]:
        errors: Errors = []
        request: dict[str, Any] = parse(value, None, errors)
        if errors:
            plural = "s" if len(errors) > 1 else ""
            raise error_class(f"{len(errors)} validation error{plural} detected: {'; '.join(errors)}")
        return request

    return checked


class _Compiler:
    """Compiles shapes to parsers, each shape once; shapes may contain themselves."""

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes
        self.done: dict[str, Parser] = {}
        self.open: set[str] = set()

    def parser(self, name: str) -> Parser:
        if name in self.done:
            return self.done[name]
        if name in self.open:
            return lambda value, path, errors: self.done[name](value, path, errors)
        self.open.add(name)
        self.done[name] = self._compile(self.shapes[name])
        return self.done[name]

    def _compile(self, shape: dict[str, Any]) -> Parser:
        kind = shape["type"]
        if kind == "structure":
            return _anything if shape.get("document") else self._structure(shape)
        if kind == "list":
            return self._list(shape)
        if kind == "map":
            return self._map(shape)
        return _scalar(shape)

    def _structure(self, shape: dict[str, Any]) -> Parser:
        # Labels are AWS's: the member's name with its first letter in lower case.
        members = {
            name: (name[0].lower() + name[1:], self.parser(member["shape"]))
            for name, member in shape["members"].items()
        }
        required = [(name, members[name][0]) for name in shape.get("required", ())]
        is_union = shape.get("union", False)

        def parse(value: Any, path: Path, errors: Errors) -> Any:
            if type(value) is not dict:
                raise _wrong_type(value, "a structure", path)
            result = {}
            for name, item in value.items():
                member = members.get(name)
                if member is None or item is None:
                    continue
                label, parse_member = member
                result[name] = parse_member(item, (path, label), errors)
            for name, label in required:
                if name not in result:
                    errors.append(_complaint(None, (path, label), _NOT_NULL))
            if is_union and len(result) != 1:
                raise SerializationException(f"exactly one of {', '.join(members)} must be given at '{_text(path)}'")
            return result

        return parse

    def _list(self, shape: dict[str, Any]) -> Parser:
        member_shape = self.shapes[shape["member"]["shape"]]
        sentences = [sentence for _, sentence in _constraints(member_shape)]
        together = f"Member must satisfy constraint: [{', '.join([*sentences, _NOT_NULL])}]"
        parse_member = self.parser(shape["member"]["shape"])
        is_scalar = _is_scalar(member_shape)
        size = _size_constraints(shape)

        def parse(value: Any, path: Path, errors: Errors) -> Any:
            if type(value) is not list:
                raise _wrong_type(value, "a list", path)
            for satisfied, sentence in size:
                if not satisfied(value):
                    errors.append(_complaint(value, path, sentence))
            inner: Errors = [] if is_scalar else errors
            result = []
            for number, item in enumerate(value, 1):
                if item is None:
                    errors.append(_complaint(value, path, together))
                    return []
                result.append(parse_member(item, (path, f"{number}.member"), inner))
            if is_scalar and inner:
                errors.append(_complaint(value, path, together))
            return result

        return parse

    def _map(self, shape: dict[str, Any]) -> Parser:
        key_shape, value_shape = self.shapes[shape["key"]["shape"]], self.shapes[shape["value"]["shape"]]
        parse_key, parse_value = self.parser(shape["key"]["shape"]), self.parser(shape["value"]["shape"])
        key_rule = f"Map keys must satisfy constraint: [{', '.join(s for _, s in _constraints(key_shape))}]"
        value_sentences = [*(s for _, s in _constraints(value_shape)), _NOT_NULL]
        value_rule = f"Map value must satisfy constraint: [{', '.join(value_sentences)}]"
        is_scalar = _is_scalar(value_shape)
        size = _size_constraints(shape)

        def parse(value: Any, path: Path, errors: Errors) -> Any:
            if type(value) is not dict:
                raise _wrong_type(value, "a map", path)
            for satisfied, sentence in size:
                if not satisfied(value):
                    errors.append(_complaint(value, path, sentence))
            key_errors: Errors = []
            value_errors: Errors = []
            inner = value_errors if is_scalar else errors
            result = {}
            for key, item in value.items():
                parse_key(key, path, key_errors)
                if item is None:
                    value_errors.append(key)
                else:
                    result[key] = parse_value(item, (path, f"{key}.member"), inner)
            if key_errors:
                errors.append(_complaint(value, path, key_rule))
            if value_errors:
                errors.append(_complaint(value, path, value_rule))
            return result

        return parse


def _anything(value: Any, path: Path, errors: Errors) -> Any:
    return value


def _is_scalar(shape: dict[str, Any]) -> bool:
    return shape["type"] not in ("structure", "list", "map")


def _scalar(shape: dict[str, Any]) -> Parser:
    kind = shape["type"]
    convert = _CONVERTERS[kind]
    constraints = _constraints(shape)
    hidden = shape.get("sensitive", False)
    if kind == "string" and not constraints:
        return _plain_string

    def parse(value: Any, path: Path, errors: Errors) -> Any:
        converted = convert(value, kind, path)
        for satisfied, sentence in constraints:
            if not satisfied(converted):
                errors.append(_complaint(converted, path, sentence, hidden=hidden))
        return converted

    return parse


def _plain_string(value: Any, path: Path, errors: Errors) -> Any:
    if type(value) is not str:
        raise _wrong_type(value, "a String", path)
    return value


def _constraints(shape: dict[str, Any]) -> list[Constraint]:
    """The constraints of a scalar, in the order AWS lists them."""
    kind = shape["type"]
    if kind in ("string", "blob"):
        found = _size_constraints(shape)
        if "pattern" in shape:
            matches = matcher(shape["pattern"])
            sentence = f"Member must satisfy regular expression pattern: {shape['pattern']}"
            found.append((lambda value: matches(value) is not None, sentence))
        if "enum" in shape:
            allowed = frozenset(shape["enum"])
            found.append((allowed.__contains__, f"Member must satisfy enum value set: [{', '.join(shape['enum'])}]"))
        return found
    return _range_constraints(shape) if kind in ("integer", "long", "double", "float") else []


def _size_constraints(shape: dict[str, Any]) -> list[Constraint]:
    found: list[Constraint] = []
    if "max" in shape:
        most = shape["max"]
        found.append((lambda value: len(value) <= most, f"Member must have length less than or equal to {most}"))
    if shape.get("min"):
        least = shape["min"]
        found.append((lambda value: len(value) >= least, f"Member must have length greater than or equal to {least}"))
    return found


def _range_constraints(shape: dict[str, Any]) -> list[Constraint]:
    found: list[Constraint] = []
    if "max" in shape:
        most = shape["max"]
        found.append((lambda value: value <= most, f"Member must have value less than or equal to {most}"))
    if "min" in shape:
        least = shape["min"]
        found.append((lambda value: value >= least, f"Member must have value greater than or equal to {least}"))
    return found


def _to_string(value: Any, kind: str, path: Path) -> str:
    if type(value) is not str:
        raise _wrong_type(value, "a String", path)
    return value


def _to_boolean(value: Any, kind: str, path: Path) -> bool:
    if type(value) is not bool:
        raise _wrong_type(value, "a Boolean", path)
    return value


def _to_integer(value: Any, kind: str, path: Path) -> int:
    name = "an Integer" if kind == "integer" else "a Long"
    if type(value) is float and value.is_integer():
        value = int(value)
    if type(value) is not int or not -(1 << _INTEGER_BITS[kind]) <= value < 1 << _INTEGER_BITS[kind]:
        raise _wrong_type(value, name, path)
    return value


def _to_double(value: Any, kind: str, path: Path) -> float:
    if value in ("NaN", "Infinity", "-Infinity"):
        return float(value)
    if type(value) not in (int, float):
        raise _wrong_type(value, "a Double", path)
    try:
        return float(value)
    except OverflowError:
        raise _wrong_type(value, "a Double", path) from None


def _to_datetime(value: Any, kind: str, path: Path) -> datetime:
    try:
        if type(value) in (int, float):
            return datetime.fromtimestamp(value, UTC)
        if type(value) is str:
            found = datetime.fromisoformat(value)
            return found if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise _wrong_type(value, "a Timestamp (seconds since 1970)", path)


def _to_bytes(value: Any, kind: str, path: Path) -> bytes:
    if type(value) is not str:
        raise _wrong_type(value, "a Blob (base64)", path)
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise SerializationException(f"the value at '{_text(path)}' is not valid base64") from None


_CONVERTERS: dict[str, Callable[[Any, str, Path], Any]] = {
    "string": _to_string,
    "boolean": _to_boolean,
    "integer": _to_integer,
    "long": _to_integer,
    "double": _to_double,
    "float": _to_double,
    "timestamp": _to_datetime,
    "blob": _to_bytes,
}


def _complaint(value: Any, path: Path, sentence: str, *, hidden: bool = False) -> str:
    shown = "Value" if hidden else "Value null" if value is None else f"Value '{_echo(value)}'"
    return f"{shown} at '{_text(path)}' failed to satisfy constraint: {sentence}"


def _echo(value: Any) -> str:
    """The value as AWS shows it (lists as `[a, b]`, maps as `{k=v}`), shortened."""
    if isinstance(value, list):
        text = f"[{', '.join(map(_echo, value[:50]))}{', ...' if len(value) > 50 else ''}]"
    elif isinstance(value, dict):
        text = "{" + ", ".join(f"{k}={_echo(v)}" for k, v in list(value.items())[:50]) + "}"
    else:
        text = str(value)
    return text if len(text) <= _LONGEST_ECHO else f"{text[:_LONGEST_ECHO]}..."


def _text(path: Path) -> str:
    """`tableInput.storageDescriptor.columns.2.member.name`; the request itself is `$`."""
    labels: list[str] = []
    while path is not None:
        path, label = path
        labels.append(label)
    return ".".join(reversed(labels)) or "$"


def _wrong_type(value: Any, wanted: str, path: Path) -> SerializationException:
    kind = _KINDS.get(type(value), "NULL_VALUE")
    return SerializationException(f"{kind} can not be converted to {wanted} at '{_text(path)}'")


_KINDS: dict[type, str] = {
    bool: "BOOLEAN_VALUE",
    int: "NUMBER_VALUE",
    float: "NUMBER_VALUE",
    str: "STRING_VALUE",
    list: "LIST_VALUE",
    dict: "STRUCTURE_VALUE",
}

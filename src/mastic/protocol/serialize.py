"""Shapes a handler's answer by the AWS model: members of the shape only, no nulls, times as epoch seconds."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

log = logging.getLogger(__name__)

Converter = Callable[[Any], Any]


def response_converter(shapes: dict[str, dict[str, Any]], reference: dict[str, Any] | None) -> Converter:
    """A function from a handler's dict to what is encoded as JSON."""
    if reference is None:
        return lambda _: {}
    return _Compiler(shapes).converter(reference["shape"]) or (lambda value: value)


class _Compiler:
    """Compiles shapes to converters; None stands for a value that goes out as it is."""

    def __init__(self, shapes: dict[str, dict[str, Any]]) -> None:
        self.shapes = shapes
        self.done: dict[str, Converter | None] = {}
        self.open: set[str] = set()

    def converter(self, name: str) -> Converter | None:
        if name in self.done:
            return self.done[name]
        if name in self.open:
            return lambda value: (self.done[name] or _same)(value)
        self.open.add(name)
        self.done[name] = self._compile(name, self.shapes[name])
        return self.done[name]

    def _compile(self, name: str, shape: dict[str, Any]) -> Converter | None:
        kind = shape["type"]
        if kind == "structure":
            return None if shape.get("document") else self._structure(name, shape)
        if kind == "list":
            return self._list(shape)
        if kind == "map":
            return self._map(shape)
        if kind == "timestamp":
            return _iso8601 if shape.get("timestampFormat") == "iso8601" else _epoch_seconds
        return _base64 if kind == "blob" else None

    def _structure(self, name: str, shape: dict[str, Any]) -> Converter:
        members = {member: self.converter(ref["shape"]) for member, ref in shape["members"].items()}

        def convert(value: dict[str, Any]) -> dict[str, Any]:
            result = {}
            for member, item in value.items():
                if item is None:
                    continue
                try:
                    convert_member = members[member]
                except KeyError:  # a bug of the handler's; tests fail on this line
                    log.error("left out of a response: %r is not a member of %s", member, name)
                    continue
                result[member] = convert_member(item) if convert_member else item
            return result

        return convert

    def _list(self, shape: dict[str, Any]) -> Converter | None:
        convert_member = self.converter(shape["member"]["shape"])
        if convert_member is None:
            return None
        return lambda value: [convert_member(item) for item in value]

    def _map(self, shape: dict[str, Any]) -> Converter | None:
        convert_value = self.converter(shape["value"]["shape"])
        if convert_value is None:
            return None
        return lambda value: {key: convert_value(item) for key, item in value.items()}


def _same(value: Any) -> Any:
    return value


def _epoch_seconds(value: datetime | float) -> float:
    return round(value.timestamp(), 3) if isinstance(value, datetime) else value


def _iso8601(value: datetime | str) -> str:
    if isinstance(value, str):
        return value
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()

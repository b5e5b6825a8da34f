"""The AWS model: botocore's service descriptions, read on first use; each operation is compiled once to closures."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from mastic.protocol.serialize import Converter, response_converter
from mastic.protocol.validation import Shapes, request_parser

SERVICES = ("glue", "logs", "secretsmanager", "sts")


@dataclass(frozen=True)
class OperationModel:
    """One operation, compiled: `parse` checks a request, `serialize` shapes a response."""

    service: str
    name: str
    parse: Callable[[Any], dict[str, Any]]
    serialize: Converter


class Service:
    """One service of the AWS model."""

    def __init__(self, name: str, description: dict[str, Any]) -> None:
        self.name = name
        self.metadata: dict[str, str] = description["metadata"]
        self.operations: dict[str, Any] = description["operations"]
        self.shapes: Shapes = description["shapes"]
        self._compiled: dict[str, OperationModel] = {}

    def operation(self, name: str) -> OperationModel:
        """The compiled operation. Raises KeyError when AWS has none of that name."""
        found = self._compiled.get(name)
        return found or self._compiled.setdefault(name, self._compile(name))

    def error_message_member(self, code: str) -> str:
        """`Message` or `message`, whichever this service's model says for that error."""
        members = self.shapes.get(code, {}).get("members", {})
        return next((m for m in members if m.lower() == "message"), "message")

    @cached_property
    def xml_namespace(self) -> str:
        """The namespace of the query protocol's XML."""
        return self.metadata.get("xmlNamespace", "")

    def _compile(self, name: str) -> OperationModel:
        description = self.operations[name]
        return OperationModel(
            self.name,
            name,
            request_parser(self.name, self.shapes, description.get("input")),
            response_converter(self.shapes, description.get("output")),
        )


@cache
def service(name: str) -> Service:
    """The model of one of SERVICES."""
    return Service(name, _description(name))


def _description(name: str) -> dict[str, Any]:
    """botocore's file, without botocore, which takes a tenth of a second to import. What it merges into a model from
    other files is for clients."""
    package = find_spec("botocore")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("botocore, which the AWS model comes with, is not installed")
    newest = max((Path(package.origin).parent / "data" / name).iterdir())
    description: dict[str, Any] = msgspec.json.decode(gzip.decompress((newest / "service-2.json.gz").read_bytes()))
    return description

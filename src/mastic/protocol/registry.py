"""The table of operations: which handler answers which AWS operation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Depth = Literal["executed", "stored"]
Handler = Callable[[Any, dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Operation:
    """One registered operation. `depth` is what `docs/coverage.md` says of it."""

    service: str
    name: str
    handler: Handler
    depth: Depth


OPERATIONS: dict[tuple[str, str], Operation] = {}


def operation(service: str, name: str, *, depth: Depth = "executed") -> Callable[[Handler], Handler]:
    """Register a handler: `handler(context, request)` gets a checked request and returns the response dict.

    `service` is botocore's service name (`glue`, `logs`, `secretsmanager`, `sts`); `depth` is `executed` when the
    operation does what AWS does, `stored` when it only keeps what it was given.
    """

    def register(handler: Handler) -> Handler:
        key = (service, name)
        if key in OPERATIONS:
            raise ValueError(f"{service}:{name} is registered twice")
        OPERATIONS[key] = Operation(service, name, handler, depth)
        return handler

    return register

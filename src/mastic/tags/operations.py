"""TagResource, UntagResource and GetTags, for every resource whose feature has registered itself as taggable."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from mastic import tags
from mastic.app import App, Context
from mastic.protocol.errors import EntityNotFoundException, InvalidInputException
from mastic.protocol.registry import operation


@operation("glue", "TagResource")
def tag_resource(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    arn = request["ResourceArn"]
    with context.app.store.write() as connection:
        _check_exists(context.app, connection, arn)
        tags.add(connection, arn, request["TagsToAdd"])
    return {}


@operation("glue", "UntagResource")
def untag_resource(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    arn = request["ResourceArn"]
    with context.app.store.write() as connection:
        _check_exists(context.app, connection, arn)
        tags.remove(connection, arn, request["TagsToRemove"])
    return {}


@operation("glue", "GetTags")
def get_tags(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    arn = request["ResourceArn"]
    with context.app.store.read() as connection:
        _check_exists(context.app, connection, arn)
        return {"Tags": tags.of(connection, arn)}


def _check_exists(app: App, connection: Connection, arn: str) -> None:
    kind, _, name = arn.removeprefix(app.arn("")).partition("/")
    if not arn.startswith(app.arn("")):
        raise EntityNotFoundException(f"{arn} is not of this region and account; ARNs here begin with {app.arn('')}")
    if kind not in tags.TAGGABLE:
        raise InvalidInputException(f"{arn}: {kind!r} cannot be tagged; these can: {', '.join(sorted(tags.TAGGABLE))}.")
    if not tags.TAGGABLE[kind](connection, name):
        raise EntityNotFoundException(f"{arn} not found.")

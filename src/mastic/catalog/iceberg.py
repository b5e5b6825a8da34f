"""The guard that keeps one engine's Iceberg commit from silently undoing another's."""

from __future__ import annotations

from typing import Any

from mastic.protocol.errors import ConcurrentModificationException


def check_pointer(name: str, current: dict[str, Any], new: dict[str, Any], *, compared_version: bool) -> None:
    """An update that moves `metadata_location` must show that it read the current one.

    It does so by its VersionId, or by `previous_metadata_location`. Raises ConcurrentModificationException.
    """
    before = _parameters(current).get("metadata_location")
    after = _parameters(new)
    if compared_version or not before or not _is_iceberg(current) or after.get("metadata_location") == before:
        return
    if after.get("previous_metadata_location") == before:
        return
    raise ConcurrentModificationException(
        f"Iceberg table {name}: the update moves metadata_location from {before!r} to "
        f"{after.get('metadata_location')!r} without having read it; load the table again and send its VersionId, "
        "or its metadata_location as previous_metadata_location"
    )


def _is_iceberg(body: dict[str, Any]) -> bool:
    return str(_parameters(body).get("table_type", "")).upper() == "ICEBERG"


def _parameters(body: dict[str, Any]) -> dict[str, Any]:
    return body.get("Parameters") or {}

"""Page tokens: opaque to clients, and refused clearly when they are not ours.

A token holds the last key a page ended with, so the next page starts after it however many rows came in between.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import Any

import msgspec

from mastic.protocol.errors import InvalidInputException

_CHECKSUM_BYTES = 4


def encode_token(payload: dict[str, Any]) -> str:
    """The token for `payload` (JSON values): URL-safe characters only, as every model's token pattern allows."""
    body = msgspec.json.encode(payload)
    return base64.urlsafe_b64encode(_checksum(body) + body).decode()


def decode_token(token: str | None) -> dict[str, Any] | None:
    """What `encode_token` was given; None without a token. Raises InvalidInputException on anything else."""
    if not token:
        return None
    try:
        raw = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
        body = raw[_CHECKSUM_BYTES:]
        if _checksum(body) == raw[:_CHECKSUM_BYTES]:
            return msgspec.json.decode(body, type=dict[str, Any])
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        pass
    shown = token if len(token) <= 64 else f"{token[:64]}..."
    raise InvalidInputException(f"NextToken {shown!r} is not valid: pass the token of the previous page unchanged")


def _checksum(body: bytes) -> bytes:
    # Not a signature: a token carries nothing the caller may not see, only a place to go on from.
    return zlib.crc32(body).to_bytes(_CHECKSUM_BYTES, "big")

"""The query protocol (STS): a form in, XML out. https://smithy.io/2.0/aws/protocols/aws-query-protocol.html"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from mastic.protocol.errors import AwsError


def action(form: str) -> str | None:
    """The operation a form or query string names."""
    return parse_qs(form).get("Action", [None])[0]


def success(operation: str, namespace: str, request_id: str, result: dict[str, Any]) -> bytes:
    """The XML of an answer."""
    return (
        f'<{operation}Response xmlns="{namespace}"><{operation}Result>{_members(result)}</{operation}Result>'
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>"
    ).encode()


def failure(error: AwsError, namespace: str, request_id: str) -> bytes:
    """The XML of an error."""
    blame = "Sender" if error.status < 500 else "Receiver"
    return (
        f'<ErrorResponse xmlns="{namespace}"><Error><Type>{blame}</Type><Code>{error.code}</Code>'
        f"<Message>{escape(error.message)}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    ).encode()


def _members(value: dict[str, Any]) -> str:
    return "".join(f"<{name}>{_text(item)}</{name}>" for name, item in value.items())


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return _members(value)
    if isinstance(value, list):
        return "".join(f"<member>{_text(item)}</member>" for item in value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, bool):
        return str(value).lower()
    return escape(str(value))

"""STS and Secrets Manager operations."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from mastic.app import Context
from mastic.protocol.registry import operation
from mastic.security import secrets
from mastic.security.secret_listing import list_secrets, list_versions


@operation("sts", "GetCallerIdentity")
def get_caller_identity(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html"""
    caller = context.caller
    kind, _, name = caller.arn.rsplit(":", 1)[1].partition("/")
    digest = base64.b32encode(hashlib.sha256(caller.arn.encode()).digest()).decode()[:17]
    user_id = f"AROA{digest}:{name.rpartition('/')[2]}" if kind == "assumed-role" else f"AIDA{digest}"
    return {"UserId": user_id, "Account": caller.account_id, "Arn": caller.arn}


def _secret(name: str, handler: Any) -> None:
    """Register a Secrets Manager operation whose handler takes the app and the request."""
    operation("secretsmanager", name)(lambda context, request: handler(context.app, request))


_secret("CreateSecret", secrets.create)
_secret("GetSecretValue", secrets.get_value)
_secret("PutSecretValue", secrets.put_value)
_secret("UpdateSecret", secrets.update)
_secret("DescribeSecret", secrets.describe)
_secret("DeleteSecret", secrets.delete)
_secret("RestoreSecret", secrets.restore)
_secret("TagResource", secrets.tag)
_secret("UntagResource", secrets.untag)
_secret("ListSecrets", list_secrets)
_secret("ListSecretVersionIds", list_versions)

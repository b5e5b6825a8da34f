"""`s3://`, `s3a://` and `s3n://` paths become bucket folders, or plain `s3://` where an endpoint is configured."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from mastic.engines.router.pb import Unproven

# What every client sends unescaped, and the wildcards.
_PLAIN = re.compile(r"[A-Za-z0-9_.=/*?-]*")
_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*):")


@dataclass(frozen=True)
class Buckets:
    """Where buckets are: a folder that holds one folder per bucket, or an endpoint that serves them."""

    root: Path | None = None
    endpoint: str = ""

    def local(self, path: str) -> str:
        """The local path, or the `s3://` path at the endpoint, that a path in a plan means. Raises Unproven."""
        match = _SCHEME.match(path)
        scheme = match[1].lower() if match else ""
        if scheme in ("s3", "s3a", "s3n"):
            return self._object(path)
        if scheme == "file":
            return _absolute(unquote(urlsplit(path).path) if "%" in path else path.split(":", 1)[1])
        if scheme:
            raise Unproven(f"path scheme {scheme}")
        return _absolute(path)

    def _object(self, path: str) -> str:
        bucket, _, key = path.split("://", 1)[-1].partition("/")
        parts = [part for part in key.split("/") if part]
        if not bucket or bucket.startswith(".") or ".." in (bucket, *parts) or "." in parts:
            raise Unproven(f"s3 path {path!r}")
        if self.root is not None:
            return "/".join((str(self.root), bucket, *parts))
        if not self.endpoint:
            raise Unproven("s3 path without buckets or an endpoint")
        if not _PLAIN.fullmatch("/".join(parts)):
            raise Unproven(f"s3 path {path!r} at an endpoint")
        return "/".join((f"s3://{bucket}", *parts))


def _absolute(path: str) -> str:
    return str(Path("/" + path.lstrip("/") if path.startswith("//") else path).absolute())

"""The worker's side of the run API: plain HTTP to the one server, one kept connection per thread."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import logging
import threading
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import msgspec

log = logging.getLogger(__name__)

SOCKET_TIMEOUT_SECONDS = 60.0


class ServerAway(Exception):
    """The server cannot be reached or failed on its side; trying again later is right."""


class Fenced(Exception):
    """The run belongs to someone else now (409): nothing more may be reported for it."""


class Refused(Exception):
    """The server understood and said no (4xx); repeating the request would not help."""


@dataclass(frozen=True)
class Credentials:
    """An access key, for servers with auth = "sigv4"."""

    access_key_id: str
    secret_access_key: str


class Api:
    """Calls one server. Every method raises ServerAway, Fenced or Refused."""

    def __init__(self, url: str, region: str, credentials: Credentials | None = None) -> None:
        self.url = url.rstrip("/")
        self._region = region
        self._credentials = credentials
        parts = urlsplit(self.url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._netloc = parts.netloc
        self._local = threading.local()
        self._connections: dict[int, http.client.HTTPConnection] = {}
        self._interrupted: set[int] = set()
        self._away = False

    def claim(self, worker_id: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """Wait for a run to execute; None when there was none in time."""
        return self.post(f"/workers/{worker_id}/claim", body).get("assignment")

    def heartbeat(self, worker_id: str, runs: list[dict[str, Any]], wait_seconds: float) -> dict[str, str]:
        """Renew leases; the directive per run id, as soon as one differs from what is known."""
        answer = self.post(f"/workers/{worker_id}/heartbeat", {"wait_seconds": wait_seconds, "runs": runs})
        return {run["job_run_id"]: run["directive"] for run in answer["runs"]}

    def started(self, run_id: str, token: int, notes: list[str]) -> str:
        """STARTING -> RUNNING; the directive in force (`continue`, or `stop` when it was stopped meanwhile)."""
        answer = self.post(f"/runs/{run_id}/started", {"token": token, "notes": notes})
        return str(answer.get("directive") or "continue")

    def notes(self, run_id: str, token: int, notes: list[str]) -> None:
        """Attach warnings to the run."""
        self.post(f"/runs/{run_id}/notes", {"token": token, "notes": notes})

    def finished(self, run_id: str, report: dict[str, Any]) -> None:
        """The run's end. Safe to repeat with the same token."""
        self.post(f"/runs/{run_id}/finished", report)

    def details(self, run_id: str) -> dict[str, Any]:
        """All that is known of a run."""
        found: dict[str, Any] = msgspec.json.decode(self._send("GET", f"/runs/{run_id}", b""))
        return found

    def logs(self, body: bytes) -> None:
        """Deliver encoded log entries."""
        self._send("POST", "/logs", body)

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """One JSON request below `/_mastic/v1`."""
        raw = self._send("POST", path, msgspec.json.encode(body))
        answer: dict[str, Any] = msgspec.json.decode(raw) if raw else {}
        return answer

    def interrupt(self, thread_id: int) -> None:
        """Break the request another thread is waiting in; it sees ServerAway at once."""
        connection = self._connections.get(thread_id)
        if connection is None or connection.sock is None:
            return
        self._interrupted.add(thread_id)
        try:
            connection.sock.shutdown(2)
        except OSError:
            return  # already closed: nothing is waiting

    def close(self) -> None:
        """Drop this thread's connection."""
        connection = self._connections.pop(threading.get_ident(), None)
        self._local.connection = None
        if connection is not None:
            connection.close()

    def _send(self, method: str, path: str, body: bytes) -> bytes:
        path = f"/_mastic/v1{path}"
        headers = {"Content-Type": "application/json", "Host": self._netloc}
        if self._credentials:
            headers |= sign(self._credentials, self._region, method, path, headers, body)
        try:
            status, raw = self._exchange(method, path, body, headers)
        except ServerAway as error:
            self._note_away(str(error))
            raise
        self._note_back()
        if status < 400:
            return raw
        message = _message(raw) or f"{method} {path} answered {status}"
        if status == 409:
            raise Fenced(message)
        if status >= 500 or status in (408, 425, 429):
            raise ServerAway(message)
        raise Refused(message)

    def _note_away(self, why: str) -> None:
        """Once per absence, however many threads notice it."""
        if not self._away and threading.get_ident() not in self._interrupted:
            self._away = True
            log.warning("the server is away (%s); runs go on, and what is to be reported is kept", why)

    def _note_back(self) -> None:
        if self._away:
            self._away = False
            log.info("the server is back")

    def _exchange(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        me = threading.get_ident()
        self._interrupted.discard(me)
        for attempt in (1, 2):
            fresh = getattr(self._local, "connection", None) is None
            try:
                connection = self._connection()
                connection.request(method, path, body, headers)
                response = connection.getresponse()
                return response.status, response.read()
            except (OSError, http.client.HTTPException) as error:
                self.close()
                # A kept connection the server closed while idle is opened again once; anything else is reported.
                stale = isinstance(error, http.client.RemoteDisconnected | ConnectionError)
                if fresh or attempt == 2 or not stale or me in self._interrupted:
                    raise ServerAway(f"{self.url}: {error or type(error).__name__}") from error
        raise AssertionError("unreachable")

    def _connection(self) -> http.client.HTTPConnection:
        connection: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=SOCKET_TIMEOUT_SECONDS)
            self._local.connection = self._connections[threading.get_ident()] = connection
        return connection


def sign(
    credentials: Credentials, region: str, method: str, path: str, headers: dict[str, str], body: bytes
) -> dict[str, str]:
    """Signature Version 4 headers for service `mastic`; botocore would cost the worker 30 MB for this."""
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    payload = hashlib.sha256(body).hexdigest()
    signed = {"content-type": headers["Content-Type"], "host": headers["Host"], "x-amz-date": now}
    names = ";".join(signed)
    canonical_headers = "".join(f"{k}:{v}\n" for k, v in signed.items())
    canonical = "\n".join([method, path, "", canonical_headers, names, payload])
    scope = f"{now[:8]}/{region}/mastic/aws4_request"
    to_sign = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{credentials.secret_access_key}".encode()
    for part in (now[:8], region, "mastic", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    credential = f"{credentials.access_key_id}/{scope}"
    return {
        "X-Amz-Date": now,
        "Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}",
    }


def _message(raw: bytes) -> str:
    try:
        answer = msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return raw.decode(errors="replace")[:500]
    return str(answer.get("message") or answer) if isinstance(answer, dict) else str(answer)

"""Access keys: what `mastic keys` manages, and the key each run gets for its own lifetime."""

from __future__ import annotations

import base64
import json
import os
import secrets as random
import time
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from mastic.app import App
from mastic.protocol.caller import Caller, Identity
from mastic.protocol.errors import EntityNotFoundException
from mastic.security.tables import access_keys
from mastic.security.vault import vault

USER = "user/mastic"
WORKER_KEY_FILE = "keys/worker.json"  # src/mastic/worker/main.py reads it
# A key deleted through another process is still honoured for so long; deleted here, it is refused at once.
CACHE_SECONDS = 5.0
_CACHE_SIZE = 4096


@dataclass(frozen=True)
class NewKey:
    """A key as it is shown once, when it is made."""

    access_key_id: str
    secret_access_key: str


@dataclass(frozen=True)
class AccessKey:
    """A key as it is listed."""

    access_key_id: str
    description: str
    created_on: datetime
    expires_on: datetime | None
    job_run_id: str | None


class AccessKeys:
    """The access keys of one app. Looking one up again costs a dictionary access."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._cache: dict[str, tuple[float, Identity]] = {}

    def create(self, description: str = "") -> NewKey:
        """A new key for a person or a tool. Its secret is shown here and never again."""
        with self._app.store.write() as connection:
            return _issue(connection, self._app, "AKIA", USER, description=description)

    def list(self) -> list[AccessKey]:
        """Every key made with `create`, oldest first."""
        query = select(access_keys).where(access_keys.c.job_run_id.is_(None)).order_by(access_keys.c.created_on)
        with self._app.store.read() as connection:
            return [
                AccessKey(row.id, row.description, row.created_on, row.expires_on, row.job_run_id)
                for row in connection.execute(query)
            ]

    def delete(self, access_key_id: str) -> None:
        """Remove a key. Raises EntityNotFoundException."""
        with self._app.store.write() as connection:
            gone = connection.execute(delete(access_keys).where(access_keys.c.id == access_key_id)).rowcount
        self._cache.pop(access_key_id, None)
        if not gone:
            raise EntityNotFoundException(f"Access key {access_key_id!r} does not exist; see `mastic keys list`")

    def find_identity(self, access_key_id: str) -> Identity | None:
        """Whose key this is, with the secret that verifies a signature; None when there is no such key."""
        settings = self._app.settings
        if settings.storage_endpoint and access_key_id and access_key_id == settings.storage_access_key:
            # Runs have the store's keys: a client of boto3 signs for every service with one pair.
            arn = f"arn:aws:iam::{settings.account_id}:{USER}"
            return Identity(settings.storage_secret_key, Caller(access_key_id, arn, settings.account_id, None), None)
        now = time.monotonic()
        cached = self._cache.get(access_key_id)
        if cached and now - cached[0] < CACHE_SECONDS:
            return cached[1]
        with self._app.store.read() as connection:
            row = connection.execute(select(access_keys).where(access_keys.c.id == access_key_id)).one_or_none()
        if row is None:
            self._cache.pop(access_key_id, None)
            return None
        found = self._identity(row)
        if len(self._cache) >= _CACHE_SIZE:
            self._cache.clear()
        self._cache[access_key_id] = (now, found)
        return found

    def _identity(self, row: Any) -> Identity:
        secret = vault(self._app.settings).decrypt(row.secret, _purpose(row.id)).decode()
        account = self._app.settings.account_id
        service = "sts" if row.principal.startswith("assumed-role/") else "iam"
        arn = f"arn:aws:{service}::{account}:{row.principal}"
        return Identity(secret, Caller(row.id, arn, account, row.job_run_id), row.expires_on)


def give_worker_key(app: App) -> None:
    """See that this home has a key for its own workers, in `keys/worker.json`, readable by the owner only."""
    path = app.settings.home / WORKER_KEY_FILE
    keys = AccessKeys(app)
    if path.exists() and keys.find_identity(json.loads(path.read_text())["access_key_id"]):
        return
    made = json.dumps(asdict(keys.create("the workers of this home")))
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.touch(mode=0o600)
    fresh.write_text(made)
    fresh.replace(path)


def issue_run_key(connection: Connection, app: App, job_run_id: str, role: str = "") -> NewKey:
    """A key for the scripts of one run, valid until `revoke_run_keys`; `role` is the job's role, name or ARN."""
    name = role.rsplit("/", 1)[-1] or "mastic"
    principal = f"assumed-role/{name[:64]}/GlueJobRunnerSession"
    return _issue(connection, app, "ASIA", principal, job_run_id=job_run_id)


def revoke_run_keys(connection: Connection, job_run_id: str) -> None:
    """Remove the keys of a run that has ended."""
    connection.execute(delete(access_keys).where(access_keys.c.job_run_id == job_run_id))


def _issue(
    connection: Connection,
    app: App,
    prefix: str,
    principal: str,
    *,
    description: str = "",
    job_run_id: str | None = None,
) -> NewKey:
    key = NewKey(prefix + base64.b32encode(random.token_bytes(10)).decode(), random.token_urlsafe(30))
    connection.execute(
        insert(access_keys).values(
            id=key.access_key_id,
            secret=vault(app.settings).encrypt(key.secret_access_key.encode(), _purpose(key.access_key_id)),
            principal=principal,
            description=description,
            created_on=app.clock.now(),
            job_run_id=job_run_id,
        )
    )
    return key


def _purpose(access_key_id: str) -> str:
    return f"access key {access_key_id}"

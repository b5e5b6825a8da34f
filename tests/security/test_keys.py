"""Access keys: shown once, encrypted, found fast, gone when deleted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from mastic.app import App
from mastic.protocol.errors import EntityNotFoundException
from mastic.security import keys as module
from mastic.security.keys import AccessKeys, issue_run_key, revoke_run_keys
from mastic.security.tables import access_keys
from mastic.settings import Settings


@pytest.fixture
def app(database_url: str, open_store: Callable[[], object], tmp_path: Path) -> App:
    open_store()
    return App(Settings(home=tmp_path, database_url=database_url))


def test_a_key_is_found_with_its_secret(app: App) -> None:
    keys = AccessKeys(app)
    key = keys.create("for terraform")
    identity = keys.find_identity(key.access_key_id)
    assert identity is not None
    assert identity.secret_access_key == key.secret_access_key
    assert identity.caller.arn == "arn:aws:iam::123456789012:user/mastic"
    assert [(k.access_key_id, k.description) for k in keys.list()] == [(key.access_key_id, "for terraform")]
    assert len(key.access_key_id) == 20
    assert len(key.secret_access_key) == 40


def test_the_store_does_not_hold_the_secret(app: App) -> None:
    key = AccessKeys(app).create()
    with app.store.read() as connection:
        row = connection.execute(select(access_keys)).one()
    assert key.secret_access_key not in " ".join(map(str, row))


def test_a_deleted_key_is_unknown_at_once(app: App) -> None:
    keys = AccessKeys(app)
    key = keys.create()
    assert keys.find_identity(key.access_key_id)
    keys.delete(key.access_key_id)
    assert keys.find_identity(key.access_key_id) is None
    with pytest.raises(EntityNotFoundException, match=key.access_key_id):
        keys.delete(key.access_key_id)


def test_a_key_deleted_by_another_process_is_forgotten_soon(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = AccessKeys(app)
    key = keys.create()
    assert keys.find_identity(key.access_key_id)
    AccessKeys(app).delete(key.access_key_id)
    monkeypatch.setattr(module, "CACHE_SECONDS", 0.0)
    assert keys.find_identity(key.access_key_id) is None


def test_looking_a_key_up_again_does_not_read_the_database(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = AccessKeys(app)
    key = keys.create()
    first = keys.find_identity(key.access_key_id)
    monkeypatch.setattr(app, "store", None)
    assert keys.find_identity(key.access_key_id) is first


def test_a_run_has_a_key_of_its_own_until_it_ends(app: App) -> None:
    keys = AccessKeys(app)
    with app.store.write() as connection:
        key = issue_run_key(connection, app, "jr_1", role="arn:aws:iam::123456789012:role/service/Etl")
    identity = keys.find_identity(key.access_key_id)
    assert identity is not None
    assert identity.caller.job_run_id == "jr_1"
    assert identity.caller.arn == "arn:aws:sts::123456789012:assumed-role/Etl/GlueJobRunnerSession"
    assert keys.list() == []  # runs' keys are nobody's to manage
    with app.store.write() as connection:
        revoke_run_keys(connection, "jr_1")
    assert AccessKeys(app).find_identity(key.access_key_id) is None


def test_the_keys_of_the_storage_endpoint_are_accepted(app: App, tmp_path: Path) -> None:
    store = {"storage_endpoint": "http://127.0.0.1:9", "storage_access_key": "minio", "storage_secret_key": "minio123"}
    identity = AccessKeys(App(Settings(home=tmp_path, **store))).find_identity("minio")
    assert identity is not None
    assert identity.secret_access_key == "minio123"
    assert AccessKeys(app).find_identity("minio") is None
    without = App(
        Settings(home=tmp_path, database_url=app.settings.database_url, storage_endpoint="http://127.0.0.1:9")
    )
    assert AccessKeys(without).find_identity("") is None

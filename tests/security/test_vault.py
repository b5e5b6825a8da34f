"""Encryption at rest: nothing readable in the store, values bound to their place, the key file private."""

from __future__ import annotations

import base64
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from mastic.security.vault import Vault, VaultError
from mastic.settings import Settings, SettingsError


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def test_what_goes_in_comes_out_and_never_looks_the_same(settings: Settings) -> None:
    vault = Vault(settings)
    first, second = vault.encrypt(b"hunter2", "a"), vault.encrypt(b"hunter2", "a")
    assert first != second
    assert "hunter2" not in first
    assert vault.decrypt(first, "a") == vault.decrypt(second, "a") == b"hunter2"


def test_a_value_moved_to_another_place_does_not_decrypt(settings: Settings) -> None:
    vault = Vault(settings)
    with pytest.raises(VaultError, match="secret b cannot be decrypted"):
        vault.decrypt(vault.encrypt(b"x", "secret a"), "secret b")


def test_a_changed_value_does_not_decrypt(settings: Settings) -> None:
    vault = Vault(settings)
    text = vault.encrypt(b"x" * 20, "a")
    changed = text[:-6] + ("A" if text[-6] != "A" else "B") + text[-5:]
    with pytest.raises(VaultError):
        vault.decrypt(changed, "a")


def test_the_key_file_is_private_and_kept(settings: Settings) -> None:
    text = Vault(settings).encrypt(b"x", "a")
    path = settings.home / "keys" / "master.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert Vault(settings).decrypt(text, "a") == b"x"


def test_another_key_is_an_error_that_says_so(settings: Settings, tmp_path: Path) -> None:
    text = Vault(settings).encrypt(b"x", "a")
    (settings.home / "keys" / "master.key").write_bytes(base64.b64encode(os.urandom(32)))
    with pytest.raises(VaultError, match=r"encrypted under another master key than .*master\.key"):
        Vault(settings).decrypt(text, "a")


def test_servers_that_start_together_agree_on_one_key(settings: Settings) -> None:
    with ThreadPoolExecutor(8) as threads:
        vaults = list(threads.map(lambda _: Vault(settings), range(8)))
    text = vaults[0].encrypt(b"x", "a")
    assert {vault.decrypt(text, "a") for vault in vaults} == {b"x"}
    assert [path.name for path in (settings.home / "keys").iterdir()] == ["master.key"]


def test_the_key_may_come_from_a_setting(settings: Settings) -> None:
    key = base64.b64encode(b"k" * 32).decode()
    shared = replace(settings, master_key=key)
    text = Vault(shared).encrypt(b"x", "a")
    assert Vault(replace(shared, home=settings.home / "elsewhere")).decrypt(text, "a") == b"x"
    assert not (settings.home / "keys").exists()


@pytest.mark.parametrize("key", ["short", "c2hvcnQ=", "!" * 44])
def test_a_bad_key_setting_is_refused(settings: Settings, key: str) -> None:
    with pytest.raises(SettingsError, match=r"security\.master_key must be 32 random bytes"):
        Vault(replace(settings, master_key=key))

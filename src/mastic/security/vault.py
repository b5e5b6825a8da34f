"""Encryption at rest: AES-256-GCM under one master key, which lives in a file only the owner can read."""

from __future__ import annotations

import base64
import binascii
import os
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mastic.settings import Settings, SettingsError

KEY_BYTES = 32
_NONCE_BYTES = 12
_FORMAT = "v1:"  # in front of every ciphertext, so that another scheme can follow


class VaultError(RuntimeError):
    """A stored value cannot be decrypted: the master key is another one, or the value was changed."""


class Vault:
    """Encrypts and decrypts short texts and bytes."""

    def __init__(self, settings: Settings) -> None:
        self._key_file = settings.home / "keys" / "master.key"
        self._cipher = AESGCM(_from_setting(settings.master_key) or _from_file(self._key_file))

    def encrypt(self, value: bytes, purpose: str) -> str:
        """`purpose` names the one place the value belongs to; elsewhere it will not decrypt."""
        nonce = os.urandom(_NONCE_BYTES)
        return _FORMAT + base64.b64encode(nonce + self._cipher.encrypt(nonce, value, purpose.encode())).decode()

    def decrypt(self, text: str, purpose: str) -> bytes:
        """The value `encrypt` was given. Raises VaultError."""
        try:
            raw = base64.b64decode(text.removeprefix(_FORMAT), validate=True)
            return self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], purpose.encode())
        except (InvalidTag, binascii.Error, ValueError):
            raise VaultError(
                f"{purpose} cannot be decrypted: it was encrypted under another master key than {self._key_file} "
                "(or the setting security.master_key); put the old key back"
            ) from None


@lru_cache(maxsize=8)
def vault(settings: Settings) -> Vault:
    """The vault of an installation; its key is read once."""
    return Vault(settings)


def _from_setting(text: str) -> bytes | None:
    if not text:
        return None
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        raise SettingsError(f"security.master_key must be {KEY_BYTES} random bytes in base64")
    return key


def _from_file(path: Path) -> bytes:
    """The key in the file, made on first use. Servers that start together agree on one: linking is atomic."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = path.with_suffix(f".{os.urandom(8).hex()}")
        fresh.touch(mode=0o600)
        fresh.write_bytes(base64.b64encode(os.urandom(KEY_BYTES)))
        try:
            path.hardlink_to(fresh)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    key = base64.b64decode(path.read_bytes())
    if len(key) != KEY_BYTES:
        raise VaultError(f"{path} does not hold a key of {KEY_BYTES} bytes in base64")
    return key

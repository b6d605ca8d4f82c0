"""The keys of this installation: where they are, what they must look like, and making them once.

The master key comes from ``TIELINE_MASTER_KEY`` or from ``keys/master.key`` in the data folder: 32 bytes as URL-safe
Base64 or hexadecimal; several, separated by blanks, while a key is being changed (the first one seals, all of them
open). It is never in the database, so that a copy of the database tells no secret.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets as randomness
from pathlib import Path
from typing import Final

KEY_ID: Final = 8
_KEY: Final = 32
_DATABASE: Final = "tieline.sqlite3"


class KeyTrouble(Exception):  # noqa: N818 - a name from the glossary of people, not of Python
    """Tieline cannot open or seal secrets. The message is one line and ends with what to do."""


def parse_keys(text: str) -> tuple[bytes, ...]:
    """Read the keys of a setting or key file. Raises ``KeyTrouble`` when there is none, or one is not 32 bytes."""
    words = text.replace(",", " ").split()
    if not words:
        raise KeyTrouble(
            "The master key is missing. Restore keys/master.key from its backup, or set TIELINE_MASTER_KEY."
        )
    return tuple(_parse_key(word) for word in words)


def _parse_key(word: str) -> bytes:
    try:
        key = bytes.fromhex(word) if len(word) == 2 * _KEY else base64.urlsafe_b64decode(word + "=" * (-len(word) % 4))
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != _KEY:
        raise KeyTrouble(
            f"A master key has {len(key)} readable bytes and needs {_KEY}. "
            "Restore keys/master.key from its backup, or set TIELINE_MASTER_KEY to 32 bytes in Base64."
        )
    return key


def key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"tieline key id" + key).digest()[:KEY_ID]


def current_keys() -> tuple[bytes, ...]:
    """The keys of this installation, as the settings or the key file name them. Raises ``KeyTrouble``."""
    from tieline import settings

    text = settings.MASTER_KEY or _read_key_file(settings.DATA / "keys" / "master.key")
    return parse_keys(text)


def ensure_keys(data_folder: Path) -> tuple[Path, ...]:
    """Make the key files that are missing (mode 0600) and return those that were made.

    To be called before the settings are first read. Raises ``KeyTrouble`` when a database is there whose key is gone
    (a new key could not open it), when a key is damaged, or when file and environment name different keys.
    """
    folder = data_folder / "keys"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = []
    master = folder / "master.key"
    given = os.environ.get("TIELINE_MASTER_KEY", "").strip()
    stored = _read_key_file(master)
    check_agreement(data_folder)
    if given:
        parse_keys(given)
    elif stored:
        parse_keys(stored)
    elif master.exists() or (data_folder / _DATABASE).exists():
        parse_keys("")
    else:
        _write_key(master, base64.urlsafe_b64encode(os.urandom(_KEY)).decode())
        made.append(master)
    django_key = folder / "django.key"
    if not os.environ.get("TIELINE_SECRET_KEY") and not _read_key_file(django_key):
        _write_key(django_key, randomness.token_urlsafe(48))
        made.append(django_key)
    return tuple(made)


def check_agreement(data_folder: Path) -> None:
    """Raise ``KeyTrouble`` when file and environment name different keys: what one seals the other does not open."""
    given = os.environ.get("TIELINE_MASTER_KEY", "").strip()
    stored = _read_key_file(data_folder / "keys" / "master.key")
    if given and stored and not set(parse_keys(stored)) <= set(parse_keys(given)):
        raise KeyTrouble(
            "TIELINE_MASTER_KEY and keys/master.key differ. Remove the wrong one, or list both keys in "
            "TIELINE_MASTER_KEY, the newer one first."
        )


def _read_key_file(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace").strip() if path.is_file() else ""


def _write_key(path: Path, text: str) -> None:
    waiting = path.with_suffix(".new")
    waiting.unlink(missing_ok=True)
    with os.fdopen(os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    waiting.replace(path)

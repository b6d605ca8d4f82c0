"""Secrets at rest: AES-256-GCM under a key that is not in the database.

A sealed secret is ``T1`` + key id (8 bytes) + nonce (12 bytes) + ciphertext with tag. What the secret belongs to
(table, column, row, and the origin it may be sent to) is authenticated with it, so a ciphertext moved to another row,
or whose address was changed beside it, does not open.
"""

from __future__ import annotations

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tieline.store.keys import KEY_ID, KeyTrouble, current_keys, ensure_keys, key_id

__all__ = ("KeyTrouble", "ensure_keys", "seal", "sealed_with", "unseal")

_FORM: Final = b"T1"
_NONCE: Final = 12


def seal(secret: str, *, table: str, column: str, row: str, origin: str = "") -> bytes:
    """Encrypt ``secret`` for one place."""
    key = current_keys()[0]
    nonce = os.urandom(_NONCE)
    place = _place(table, column, row, origin)
    return _FORM + key_id(key) + nonce + AESGCM(key).encrypt(nonce, secret.encode(), place)


def unseal(sealed: bytes | memoryview, *, table: str, column: str, row: str, origin: str = "") -> str:
    """Open a sealed secret at its place. Raises ``KeyTrouble`` when key, place or ciphertext do not fit together."""
    raw = bytes(sealed)
    wanted = sealed_with(raw)
    key = next((one for one in current_keys() if key_id(one) == wanted), None)
    if key is None:
        raise KeyTrouble(
            f"A stored secret was sealed with another master key ({wanted.hex()}). Restore that key, "
            "or enter the secret again."
        )
    body = raw[len(_FORM) + KEY_ID :]
    try:
        return AESGCM(key).decrypt(body[:_NONCE], body[_NONCE:], _place(table, column, row, origin)).decode()
    except InvalidTag:
        raise KeyTrouble(
            "A stored secret does not belong to the place where it was found. Enter the secret again."
        ) from None


def sealed_with(sealed: bytes | memoryview) -> bytes:
    """The id of the key that sealed it. Raises ``KeyTrouble`` when it is no sealed secret at all."""
    raw = bytes(sealed)
    if len(raw) < len(_FORM) + KEY_ID + _NONCE or not raw.startswith(_FORM):
        raise KeyTrouble("A stored secret is not readable. Enter the secret again.")
    return raw[len(_FORM) : len(_FORM) + KEY_ID]


def _place(table: str, column: str, row: str, origin: str) -> bytes:
    return f"{table}\x1f{column}\x1f{row}\x1f{origin}".encode()

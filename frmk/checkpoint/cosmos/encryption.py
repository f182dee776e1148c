"""Payloads sealed before they leave the process: AES-GCM, several keys, bound to where they stand.

A sealed payload is an envelope: `ST1`, the length of the key's id and the id, a nonce of 12 bytes, and the
ciphertext with its tag. The envelope's head and the payload's context are authenticated with it.

This module needs `cryptography`; the rest of the package does not.
"""

import os
from collections.abc import Mapping
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from frmk.checkpoint.cosmos.errors import PayloadError
from frmk.checkpoint.cosmos.payload import SealContext

MAGIC: Final = b"ST1"
KEY_BYTES: Final = (16, 24, 32)
_NONCE_BYTES = 12
_ID_BYTES = 255


class UnknownKeyError(PayloadError):
    """A payload was sealed with a key that is not at hand; `key_id` names it."""

    def __init__(self, message: str, key_id: str) -> None:
        super().__init__(message)
        self.key_id = key_id


class BrokenSealError(PayloadError):
    """A payload does not open: it was changed or moved, or its key's bytes are not those that sealed it."""


class AesGcmCipher:
    """Seal with one key, open with any of several; a cipher for `CosmosSaver`.

    `keys` are bytes by id: 16, 24 or 32 of them. An id is no secret and stands in every envelope. To rotate,
    add a key under a new id, seal with it, and keep the old one while anything is left that it sealed.
    A nonce is random: change a key before it has sealed 2^32 payloads.
    """

    def __init__(self, keys: Mapping[str, bytes], *, seal_with: str) -> None:
        for key_id, key in keys.items():
            _require_usable(key_id, key)
        if seal_with not in keys:
            raise ValueError(f"There is no key {seal_with!r} to seal with. Keys: {_listed(keys)}.")
        self._keys = {key_id: AESGCM(bytes(key)) for key_id, key in keys.items()}
        self._seal_with = seal_with

    def seal(self, data: bytes, context: SealContext) -> bytes:
        """Return the data encrypted in an envelope that opens nowhere but in this context."""
        key_id = self._seal_with.encode()
        head = MAGIC + bytes([len(key_id)]) + key_id
        nonce = os.urandom(_NONCE_BYTES)
        return head + nonce + self._keys[self._seal_with].encrypt(nonce, data, _bound(head, context))

    def open(self, data: bytes, context: SealContext) -> bytes:
        """Return what was sealed. Raises UnknownKeyError or BrokenSealError."""
        envelope = _envelope(data, context)
        key = self._keys.get(envelope.key_id)
        if key is None:
            raise UnknownKeyError(
                f"{_where(context)} was sealed with key {envelope.key_id!r}, which is not at hand. "
                f"Keys: {_listed(self._keys)}. Add it to open what it sealed.",
                envelope.key_id,
            )
        try:
            return key.decrypt(envelope.nonce, envelope.ciphertext, _bound(envelope.head, context))
        except InvalidTag as error:
            raise BrokenSealError(
                f"{_where(context)} does not open with key {envelope.key_id!r}: it was changed or moved, "
                "or the key under this id is another one than sealed it."
            ) from error


class _Envelope(NamedTuple):
    head: bytes
    key_id: str
    nonce: bytes
    ciphertext: bytes


def _envelope(data: bytes, context: SealContext) -> _Envelope:
    start = len(MAGIC) + 1
    end = start + (data[len(MAGIC)] if len(data) > len(MAGIC) else 0)
    if not data.startswith(MAGIC) or len(data) < end + _NONCE_BYTES:
        raise BrokenSealError(f"{_where(context)} is no sealed payload: it begins with {data[:3]!r}.")
    nonce = data[end : end + _NONCE_BYTES]
    return _Envelope(
        data[:end], data[start:end].decode("utf-8", "replace"), nonce, data[end + _NONCE_BYTES :]
    )


def _bound(head: bytes, context: SealContext) -> bytes:
    return head + context.associated()


def _require_usable(key_id: str, key: bytes) -> None:
    if not 0 < len(key_id.encode()) <= _ID_BYTES:
        raise ValueError(f"A key's id has 1 to {_ID_BYTES} bytes, {key_id!r} has {len(key_id.encode())}.")
    if len(key) not in KEY_BYTES:
        raise ValueError(f"Key {key_id!r} has {len(key)} bytes; AES takes 16, 24 or 32.")


def _listed(keys: Mapping[str, object]) -> str:
    return ", ".join(repr(key_id) for key_id in keys) or "none"


def _where(context: SealContext) -> str:
    return f"Payload {context.part!r} of {context.item!r} in partition {context.partition!r}"

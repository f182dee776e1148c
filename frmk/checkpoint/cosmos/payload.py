"""What becomes of a payload on its way into a document: compressed, sealed, written as text.

    bytes -> zlib where it helps -> Cipher.seal where one is given -> base64 -> one text, or several chunks

A packed payload is a JSON object beside the document's clear fields:

    {"text": "...", "zip": true, "sealed": true}          inline
    {"chunks": 3, "set": "9f..", "zip": true}              the text stands in three documents of its own
"""

import asyncio
import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from frmk.checkpoint.cosmos.errors import PayloadError

INLINE_CHARACTERS = 1_000_000
CHUNK_CHARACTERS = 1_000_000
_WORTH_COMPRESSING = 512
_WORTH_A_THREAD = 256 * 1024
_LEVEL = 3


@dataclass(frozen=True, slots=True)
class SealContext:
    """Say where a sealed payload stands, so that it opens nowhere else.

    `partition` is the logical partition (a thread, a namespace), `item` the document's sort key or id, `part`
    the field.
    """

    partition: str
    item: str
    part: str

    def associated(self) -> bytes:
        """Return the context as the associated data of an authenticated cipher."""
        return json.dumps([self.partition, self.item, self.part], ensure_ascii=True).encode()


class Cipher(Protocol):
    """Seal payloads before they leave the process, and open them again.

    Called from worker threads for large payloads. `open` raises any exception for data that was changed,
    moved to another context, or sealed with a key that is not at hand.
    """

    def seal(self, data: bytes, context: SealContext) -> bytes:
        """Return the data encrypted and bound to its context."""
        ...

    def open(self, data: bytes, context: SealContext) -> bytes:
        """Return what `seal` was given."""
        ...


@dataclass(frozen=True, slots=True)
class Packed:
    """Hold a payload's text and how it was made."""

    text: str
    zip: bool
    sealed: bool

    def inline(self) -> dict[str, Any]:
        """Return the field of a document that holds the whole text."""
        return {"text": self.text, **self.flags()}

    def flags(self) -> dict[str, Any]:
        """Return what a reader must know besides the text."""
        return {name: True for name in ("zip", "sealed") if getattr(self, name)}


async def pack(data: bytes, context: SealContext, cipher: Cipher | None) -> Packed:
    """Turn bytes into text; large ones on a worker thread."""
    if len(data) > _WORTH_A_THREAD:
        return await asyncio.to_thread(_pack, data, context, cipher)
    return _pack(data, context, cipher)


async def unpack(field: Mapping[str, Any], text: str, context: SealContext, cipher: Cipher | None) -> bytes:
    """Turn a field's text back into bytes. Raises PayloadError."""
    if len(text) > _WORTH_A_THREAD:
        return await asyncio.to_thread(_unpack, field, text, context, cipher)
    return _unpack(field, text, context, cipher)


def _pack(data: bytes, context: SealContext, cipher: Cipher | None) -> Packed:
    smaller = zlib.compress(data, _LEVEL) if len(data) > _WORTH_COMPRESSING else data
    zipped = len(smaller) < len(data)
    body = smaller if zipped else data
    if cipher is not None:
        body = cipher.seal(body, context)
    return Packed(base64.b64encode(body).decode("ascii"), zipped, cipher is not None)


def _unpack(field: Mapping[str, Any], text: str, context: SealContext, cipher: Cipher | None) -> bytes:
    body = base64.b64decode(text)
    if field.get("sealed"):
        if cipher is None:
            raise PayloadError(
                f"The payload {context.part!r} of {context.item!r} is encrypted and no cipher was given. "
                "Pass the cipher it was written with."
            )
        body = cipher.open(body, context)
    return zlib.decompress(body) if field.get("zip") else body

"""Where public keys come from: fixed ones of a developer, or an issuer's, fetched and kept."""

import asyncio
import json
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Protocol

import jwt
import structlog

from app.errors import UnavailableError
from app.keys import KeySet, parse_key_set

if TYPE_CHECKING:
    from aiohttp import StreamReader

KEEP_SECONDS = 3_600
RETRY_SECONDS = 10
FETCH_SECONDS = 5
DOCUMENT_BYTES = 262_144
CHUNK_BYTES = 16_384


class KeySource(Protocol):
    """Find the public key that a token names."""

    async def find(self, key_id: str | None) -> jwt.PyJWK | None:
        """Return the key, or None where the issuer has no such key."""
        ...


class FixedKeys:
    """Serve the keys of the configuration."""

    def __init__(self, keys: KeySet) -> None:
        self._keys = keys

    async def find(self, key_id: str | None) -> jwt.PyJWK | None:
        """Return the key of that id."""
        return self._keys.find(key_id)


class FetchedKeys:
    """Serve an issuer's keys: fetched on demand, kept for an hour, asked again for an unknown id.

    An issuer that does not answer leaves the kept keys in force. At most one question every RETRY_SECONDS,
    whatever tokens say.
    """

    def __init__(self, url: str, clock: Callable[[], float] = monotonic) -> None:
        self._url = url
        self._clock = clock
        self._keys: KeySet | None = None
        self._fetched = float("-inf")
        self._asked = float("-inf")
        self._lock = asyncio.Lock()

    async def find(self, key_id: str | None) -> jwt.PyJWK | None:
        """Return the key of that id; UnavailableError where no key was ever fetched."""
        key = self._keys.find(key_id) if self._keys else None
        if key is None or self._clock() - self._fetched > KEEP_SECONDS:
            await self._refresh()
            key = self._keys.find(key_id) if self._keys else None
        if self._keys is None:
            raise UnavailableError(
                f"The identity provider gives no keys at {self._url}: tokens cannot be checked now. "
                "Try again.",
                retry_after=RETRY_SECONDS,
            )
        return key

    async def _refresh(self) -> None:
        async with self._lock:
            if self._clock() - self._asked < RETRY_SECONDS:
                return
            self._asked = self._clock()
            document = await _fetch(self._url)
            if document is not None:
                self._keys = document
                self._fetched = self._clock()


async def _fetch(url: str) -> KeySet | None:
    import aiohttp  # noqa: PLC0415  # a third of a second, for who needs it

    try:
        timeout = aiohttp.ClientTimeout(total=FETCH_SECONDS)
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=True) as session,
            session.get(url) as answer,
        ):
            answer.raise_for_status()
            return parse_key_set(json.loads(await _bounded(answer.content)), skip_unknown=True)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        structlog.get_logger("app.auth").warning("keys not fetched", url=url, reason=repr(error))
        return None


async def _bounded(content: "StreamReader") -> bytes:
    document = b""
    async for chunk in content.iter_chunked(CHUNK_BYTES):
        document += chunk
        if len(document) > DOCUMENT_BYTES:
            raise ValueError(f"the document has more than {DOCUMENT_BYTES} bytes")
    return document

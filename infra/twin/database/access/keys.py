"""Requests signed with the account's key.

The signed text is that of
https://learn.microsoft.com/rest/api/cosmos-db/access-control-on-cosmosdb-resources.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import unquote

from infra.twin.database.access.rights import Everything, Rights
from infra.twin.database.calls import Address, Call
from infra.twin.database.problems import CosmosProblem

_LIFETIME = timedelta(minutes=15)
_MOST_HEADER = 16_384


@dataclass(frozen=True)
class Signature:
    """Hold the parts of an authorization header: `type=...&ver=...&sig=...`."""

    kind: str
    value: str


def signature_of(call: Call) -> Signature:
    """Return the parts of a request's authorization; raise CosmosProblem 401 when there are none."""
    given = call.header("authorization") or ""
    text = unquote(given[:_MOST_HEADER])
    parts = dict(part.partition("=")[::2] for part in text.split("&", 2))
    if not parts.get("type") or not parts.get("sig"):
        raise CosmosProblem(
            401, "Required Header authorization is missing. Ensure a valid Authorization token is passed."
        )
    return Signature(parts["type"].lower(), parts["sig"])


@dataclass(frozen=True)
class KeyDoor:
    """Admit requests that are signed with one key."""

    key: str
    clock: Callable[[], float]

    def enter(self, call: Call, address: Address) -> Rights:
        """Return every right to whoever holds the key; raise CosmosProblem 401 or 403."""
        signature = signature_of(call)
        if signature.kind != "master":
            raise CosmosProblem(
                401, f"The authorization token type {signature.kind[:20]!r} is not accepted here."
            )
        date, http_date = call.header("x-ms-date") or "", call.header("date") or ""
        self._check_time(date or http_date)
        parts = (call.method.lower(), address.signed_type, address.link, date.lower(), http_date.lower())
        payload = "".join(f"{part}\n" for part in parts)
        if not hmac.compare_digest(_digest(self.key, payload), signature.value.encode()):
            shown = payload.replace("\n", "\\n")[:600]
            raise CosmosProblem(
                401,
                "The input authorization token can't serve the request. The wrong key is being used or the "
                "expected payload is not built as per the protocol. For more info: "
                "https://aka.ms/cosmosdb-tsg-unauthorized. Server used the following payload to sign: "
                f"'{shown}'",
            )
        return Everything()

    def _check_time(self, date: str) -> None:
        now = datetime.fromtimestamp(self.clock(), UTC)
        try:
            begin = parsedate_to_datetime(date)
            fits = abs(now - begin) <= _LIFETIME
        except (ValueError, TypeError) as error:
            raise CosmosProblem(401, f"The x-ms-date header {date[:60]!r} is no HTTP date.") from error
        if not fits:
            raise CosmosProblem(
                403,
                "The authorization token is not valid at the current time. Please create another token and "
                f"retry (token start time: {date}, token expiry time: "
                f"{format_datetime(begin + _LIFETIME, usegmt=True)}, current server time: "
                f"{format_datetime(now, usegmt=True)}).",
            )


def _digest(key: str, payload: str) -> bytes:
    try:
        raw = base64.b64decode(key)
    except binascii.Error as error:
        raise CosmosProblem(401, "the account's key is no base64") from error
    return base64.b64encode(
        hmac.new(raw, payload.encode("utf-8", "surrogateescape"), hashlib.sha256).digest()
    )

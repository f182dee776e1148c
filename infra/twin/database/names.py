"""Ids: which are legal, and the service's own resource ids and ETags."""

import base64
import secrets
from typing import Any

from infra.twin.database.problems import invalid

MAX_ITEM_ID_BYTES = 1023
MAX_NAME = 255
_FORBIDDEN = frozenset("/\\?#")


def check_item_id(given: Any) -> str:
    """Return the id of an item; raise CosmosProblem 400 for one that the service refuses."""
    if given is None:
        raise invalid(
            'Message: {"Errors":["The input content is invalid because the required properties - '
            "'id; ' - are missing\"]}"
        )
    if not isinstance(given, str) or not given or len(_utf8(given)) > MAX_ITEM_ID_BYTES:
        raise _unfit(given, MAX_ITEM_ID_BYTES + 1)
    return _legal(given)


def check_name(given: Any) -> str:
    """Return the id of a database or container; raise CosmosProblem 400 for one that is not legal."""
    if not isinstance(given, str) or not given or len(given) > MAX_NAME:
        raise _unfit(given, MAX_NAME)
    return _legal(given)


def database_rid(number: int) -> str:
    """Return the resource id of a database by its number."""
    return _encoded(number.to_bytes(4, "little"))


def container_rid(database: int, number: int) -> str:
    """Return the resource id of a container: the database's followed by its own."""
    return _encoded(database.to_bytes(4, "little") + (0x80000000 | number).to_bytes(4, "big"))


def item_rid(container: str, sequence: int) -> str:
    """Return the resource id of an item: the container's followed by its own."""
    return _encoded(_decoded(container) + sequence.to_bytes(8, "little"))


def fresh_etag(sequence: int) -> str:
    """Return a quoted tag in the service's form that no other write has."""
    return f'"{sequence & 0xFFFFFFFF:08x}-0000-0d00-0000-{secrets.token_hex(6)}"'


def _legal(given: str) -> str:
    if _FORBIDDEN & set(given) or given[-1] in " \n":
        raise invalid(f"The resource name {given[:100]!r} contains invalid or illegal characters.")
    return given


def _unfit(given: Any, limit: int) -> Exception:
    shown = str(given)[:100]
    return invalid(
        f"The input name '{shown}' is invalid. Ensure to provide a unique non-empty string less than "
        f"'{limit}' characters."
    )


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode().replace("/", "-")


def _decoded(rid: str) -> bytes:
    return base64.b64decode(rid.replace("-", "/"))

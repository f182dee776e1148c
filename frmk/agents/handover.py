"""What crosses from one agent to another: a serialised value with a digest that the receiver verifies."""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import rfc8785

from frmk.errors import ContextError


@dataclass(frozen=True)
class Handover:
    """Carry a state in RFC 8785 form and the SHA-256 over it."""

    body: str
    digest: str


def seal(state: Mapping[str, Any]) -> Handover:
    """Serialise a state; ContextError where it is not JSON."""
    try:
        body = rfc8785.dumps(dict(state))
    except (rfc8785.CanonicalizationError, TypeError, RecursionError) as error:
        raise ContextError(f"A state cannot be handed over: {error}. Allowed: JSON values.") from error
    return Handover(body=body.decode(), digest=sha256(body).hexdigest())


def unseal(handover: Handover) -> dict[str, Any]:
    """Return the state; ContextError where it is not what was sealed."""
    actual = sha256(handover.body.encode()).hexdigest()
    if not hmac.compare_digest(actual, handover.digest):
        raise ContextError(
            f"The context has the digest {actual}, handed over was {handover.digest}: it was changed."
        )
    state: dict[str, Any] = json.loads(handover.body)
    return state

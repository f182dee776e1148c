"""Which image to go back to: what a stack ran before, read off its history."""

from collections.abc import Mapping, Sequence
from typing import Any

from infra.config import NAMESPACE
from infra.release.engine import Engine
from infra.release.errors import ReleaseError
from infra.release.promotion import TAKEN_BACK, digest_in, taken_back_by
from infra.release.stack_copy import deployed_values


def previous_digest(engine: Engine, stack: str) -> str:
    """Return the digest that a stack ran before the present one; raise ReleaseError when none is recorded."""
    current = digest_in(engine.outputs(stack).get("image"))
    if current is None:
        raise ReleaseError(f"stack {stack!r} runs no image by digest, so there is nothing to go back from")
    found = earlier(engine.history(stack), current)
    if found is None:
        raise ReleaseError(
            f"the history of {stack!r} names no digest but {current}: updates that built from source record "
            "none; name one with --to sha256:... (every deployment's summary has it)"
        )
    return found


def earlier(history: Sequence[Mapping[str, Any]], current: str) -> str | None:
    """Return the latest digest that is neither the current one nor one that was taken back."""
    taken_back = {digest for update in history for digest in taken_back_by(str(update.get("message", "")))}
    for update in history:
        image = deployed_values(update).get(f"{NAMESPACE}:image")
        digest = image.get("digest") if isinstance(image, Mapping) else None
        done = update.get("kind") == "update" and update.get("result") == "succeeded"
        if done and digest not in {None, current, *taken_back}:
            return str(digest)
    return None


def rollback_message(engine: Engine, stack: str, digest: str) -> str:
    """Return the words that an update is recorded with, so that a later rollback passes this image over."""
    current = digest_in(engine.outputs(stack).get("image"))
    return TAKEN_BACK.format(current or "an unnamed image", digest)

"""Deploy one image to a stack, prove it, and take it back when the proof says no."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from infra.release.engine import Engine
from infra.release.errors import ReleaseError
from infra.release.model import Action, PromotionReport, Stage
from infra.release.stack_copy import configured
from infra.verify.report import VerifyReport

Prove = Callable[[str], VerifyReport]
T = TypeVar("T")
TAKEN_BACK = "took back {} for {}"


@dataclass(frozen=True, kw_only=True)
class Image:
    """Name an image by its digest; `source` is the registry to copy it from, None when it is there."""

    digest: str
    source: str | None = None

    @property
    def overrides(self) -> dict[str, Any]:
        """Return the stack keys that deploy it."""
        return {"image.digest": self.digest, **({"image.source": self.source} if self.source else {})}


@dataclass(frozen=True, kw_only=True)
class Order:
    """Say what goes where: an image that was promoted, or None for what this source makes."""

    stack: str
    image: Image | None = None
    overrides: Mapping[str, Any] = field(default_factory=dict)
    message: str | None = None


def image_of(engine: Engine, stack: str) -> Image:
    """Return the image that a stack runs and the registry that holds it; raise ReleaseError."""
    outputs = engine.outputs(stack)
    digest = digest_in(outputs.get("image"))
    if digest is None:
        raise ReleaseError(
            f"stack {stack!r} runs no image by digest (its output image is {outputs.get('image')!r}); "
            f"deploy it first: seatrial promote {stack}"
        )
    return Image(digest=digest, source=outputs.get("registry"))


def digest_in(reference: object) -> str | None:
    """Return the digest of an image's reference, None when it has none."""
    _, at, digest = str(reference or "").partition("@")
    return digest if at and digest.startswith("sha256:") else None


def promote(engine: Engine, order: Order, prove: Prove) -> PromotionReport:
    """Update a stack, prove it, and put the previous image back when the update or the proof failed.

    Raises EngineError when the engine cannot be asked, StackFileError before anything is changed.
    """
    previous = digest_in(engine.outputs(order.stack).get("image"))
    stages: list[Stage] = []
    first = _attempt(engine, order, prove, stages)
    if first.ok or previous is None or previous == first.digest:
        return _report(order, first, "deployed" if first.ok else "stopped", previous, stages)
    back = Order(
        stack=order.stack,
        image=Image(digest=previous),
        overrides=order.overrides,
        message=TAKEN_BACK.format(first.digest or "an unnamed image", previous),
    )
    second = _attempt(engine, back, prove, stages)
    told = replace(first, messages=(*first.messages, *(f"rolling back: {line}" for line in second.messages)))
    return _report(order, told, "rolled back" if second.ok else "roll back failed", previous, stages)


def taken_back_by(message: str) -> list[str]:
    """Return the digest that an update's message says was taken back, if it says so."""
    found = re.match(TAKEN_BACK.format(r"(sha256:[0-9a-f]{64})", ".*"), message)
    return [found[1]] if found else []


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """Hold what one update and its proof came to."""

    ok: bool
    image: str | None = None
    url: str | None = None
    verify: VerifyReport | None = None
    messages: tuple[str, ...] = ()

    @property
    def digest(self) -> str | None:
        """Return the digest that was deployed."""
        return digest_in(self.image)


def _attempt(engine: Engine, order: Order, prove: Prove, stages: list[Stage]) -> Attempt:
    wanted = order.image.overrides if order.image else {}
    digest = order.image.digest if order.image else None
    message = order.message or f"image {digest or 'of this source'}"
    with configured(engine.project, order.stack, {**order.overrides, **wanted}) as config:
        done = _timed(stages, "update", lambda: engine.up(order.stack, config, message))
    if done.code != 0:
        words = done.last_words or "its own lines above say why"
        failed = f"pulumi up of {order.stack} ended with {done.code}: {words}"
        return Attempt(ok=False, image=f"@{digest}" if digest else None, messages=(failed,))
    outputs = engine.outputs(order.stack)
    # Where others hold the traffic on older revisions, the new one answers at its own address alone.
    image, url = outputs.get("image"), outputs.get("urlLatest") or outputs.get("url")
    if not url:
        lacking = f"stack {order.stack!r} has no output 'url' to prove; app.external may be false"
        return Attempt(ok=False, image=image, messages=(lacking,))
    proof = _timed(stages, "verify", lambda: prove(str(url)))
    noes = tuple(f"{check.name}: {check.detail}" for check in proof.causes())
    return Attempt(ok=proof.ok, image=image, url=url, verify=proof, messages=noes)


def _timed(stages: list[Stage], name: str, work: Callable[[], T]) -> T:
    started = time.perf_counter()
    try:
        return work()
    finally:
        stages.append(Stage(name=name, seconds=round(time.perf_counter() - started, 2)))


def _report(
    order: Order, attempt: Attempt, action: Action, previous: str | None, stages: Sequence[Stage]
) -> PromotionReport:
    wanted = order.image.digest if order.image else None
    return PromotionReport(
        stack=order.stack,
        ok=action == "deployed",
        action=action,
        image=attempt.image if attempt.url else None,
        digest=attempt.digest or wanted,
        previous=previous,
        url=attempt.url,
        stages=tuple(stages),
        verify=attempt.verify,
        messages=attempt.messages,
    )

"""Running checks: time each, and turn whatever goes wrong into a detail that a person can use."""

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import httpx
from websockets.exceptions import WebSocketException

from infra.verify.report import Check, CheckFailedError

T = TypeVar("T")
# The last four are what an answer of another form than promised raises where it is read.
_FAILURES = (
    CheckFailedError,
    httpx.HTTPError,
    WebSocketException,
    OSError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
)


@dataclass(frozen=True, kw_only=True)
class Outcome(Generic[T]):
    """Say that a check passed: with which words, on which evidence, and what later checks build on."""

    value: T
    detail: str
    evidence: dict[str, Any] = field(default_factory=dict)


class Ledger:
    """Keep the checks of one verification."""

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self.checks: list[Check] = []

    async def check(self, name: str, work: Awaitable[Outcome[T]]) -> Outcome[T] | None:
        """Await one check and write it down; return its outcome, or None when it said no."""
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._limit):
                outcome = await work
        except _FAILURES as error:
            detail, evidence = _reason(error, self._limit)
            self._write(name, started, ok=False, detail=detail, evidence=evidence)
            return None
        self._write(name, started, ok=True, detail=outcome.detail, evidence=outcome.evidence)
        return outcome

    def skip(self, name: str, because: str) -> None:
        """Write down a check that has nothing to look at; that is a no."""
        detail = f"not looked at: {because}"
        self.checks.append(Check(name=name, ok=False, seconds=0.0, detail=detail, skipped=True))

    def _write(self, name: str, started: float, *, ok: bool, detail: str, evidence: dict[str, Any]) -> None:
        seconds = round(time.perf_counter() - started, 3)
        self.checks.append(Check(name=name, ok=ok, seconds=seconds, detail=detail, evidence=evidence))


def _reason(error: Exception, limit: float) -> tuple[str, dict[str, Any]]:
    if isinstance(error, CheckFailedError):
        return error.detail, error.evidence
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return f"no answer within {limit:.0f} s", {}
    if isinstance(error, httpx.HTTPError | OSError):
        return f"the connection failed: {error or type(error).__name__}", {}
    if isinstance(error, WebSocketException):
        return f"the WebSocket failed: {error}", {}
    return f"the answer has another form than promised: {error!r}", {}

"""Whether what the app depends on can be reached: asked seldom, answered in bounded time."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from time import monotonic
from typing import Literal

from pydantic import BaseModel

KEEP_SECONDS = 3.0
CHECK_SECONDS = 2.0

Check = Callable[[], Awaitable[str | None]]
"""Raise when the dependency cannot be used; what is returned says which one it is."""


class CheckResult(BaseModel):
    """Say how one dependency is."""

    status: Literal["healthy", "unhealthy"]
    detail: str | None = None
    seconds: float


class Readiness:
    """Check each dependency at most every few seconds, however many ask."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = dict(checks)
        self._results: dict[str, CheckResult] = {}
        self._at = float("-inf")
        self._lock = asyncio.Lock()

    async def results(self) -> dict[str, CheckResult]:
        """Return the state of every dependency, at most KEEP_SECONDS old."""
        async with self._lock:
            if monotonic() - self._at > KEEP_SECONDS:
                found = await asyncio.gather(*map(_checked, self._checks.values()))
                self._results = dict(zip(self._checks, found, strict=True))
                self._at = monotonic()
            return self._results


async def _checked(check: Check) -> CheckResult:
    began = monotonic()
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            said = await check()
    except TimeoutError:
        return _result("unhealthy", f"no answer within {CHECK_SECONDS:g} s", began)
    except Exception as error:  # noqa: BLE001  # a dependency may fail in any way; that is the answer
        return _result("unhealthy", f"{type(error).__name__}: {error}", began)
    return _result("healthy", said, began)


def _result(status: Literal["healthy", "unhealthy"], detail: str | None, began: float) -> CheckResult:
    return CheckResult(status=status, detail=detail, seconds=round(monotonic() - began, 4))

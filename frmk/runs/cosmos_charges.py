"""Which operation, and whose thread, a request to Cosmos DB is charged to."""

from collections.abc import Awaitable, Callable, Coroutine
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from frmk.checkpoint.cosmos.charges import OnCharge, hook
from frmk.runs.ids import thread_key

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(slots=True)
class _Account:
    operation: str
    thread: str | None = None


_ACCOUNT: ContextVar[_Account | None] = ContextVar("runs_account", default=None)


def charged(method: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Charge the requests of a store's method to `runs.<method>`."""

    @wraps(method)
    async def call(*args: P.args, **kwargs: P.kwargs) -> T:
        before = _ACCOUNT.set(_Account(f"runs.{getattr(method, '__name__', 'other')}"))
        try:
            return await method(*args, **kwargs)
        finally:
            _ACCOUNT.reset(before)

    return call


def charge_to(user: str, thread_id: str) -> None:
    """Charge what the present method asks for to a thread, under the key that checkpoints have."""
    account = _ACCOUNT.get()
    if account is not None:
        account.thread = thread_key(user, thread_id)


def reported(on_charge: OnCharge | None) -> dict[str, Any]:
    """Return the options of a request that reports its charge."""
    account = _ACCOUNT.get()
    if on_charge is None:
        return {}
    if account is None:
        return {"raw_response_hook": hook(on_charge, "runs.other")}
    return {"raw_response_hook": hook(on_charge, account.operation, account.thread)}

"""An executor whose answers say what they took: tokens, request units, and their list price."""

from collections.abc import AsyncIterator, Collection
from contextlib import aclosing
from decimal import Decimal
from typing import Any, cast

from app.database.charges import Charges
from app.prices import PriceList, turn_cost
from frmk.events import EventDraft, EventType
from frmk.runs.executor import Executor, Turn
from frmk.runs.ids import thread_key


class PricedExecutor:
    """Pass an executor's events on; the supervisor's end carries `request_units` and `price` in its usage."""

    def __init__(self, executor: Executor, prices: PriceList | None, charges: Charges | None) -> None:
        self._executor = executor
        self._prices = prices
        self._charges = charges

    def goals(self) -> Collection[str]:
        """Name the known goals, the default one first."""
        return self._executor.goals()

    async def forget(self, user: str, thread_id: str) -> None:
        """Remove every checkpoint of the user's thread."""
        await self._executor.forget(user, thread_id)

    async def execute(self, turn: Turn) -> AsyncIterator[EventDraft]:
        """Yield the executor's drafts, the last one priced."""
        async with aclosing(cast("Any", self._executor.execute(turn))) as drafts:
            async for draft in drafts:
                ends = draft.type is EventType.AGENT_COMPLETED and draft.data.get("parent_run_id") is None
                yield self._told(draft, turn) if ends and draft.data.get("usage") else draft

    def _told(self, draft: EventDraft, turn: Turn) -> EventDraft:
        usage = {**draft.data["usage"], **self._units(turn)}
        if self._prices is not None:
            units = usage.get("request_units")
            spent = None if units is None else Decimal(str(units))
            usage["price"] = turn_cost(self._prices, usage, spent).wire()
        return draft.model_copy(update={"data": {**draft.data, "usage": usage}})

    def _units(self, turn: Turn) -> dict[str, Any]:
        """Return what the turn has asked of the database so far: its own last event comes on top."""
        if self._charges is None:
            return {}
        spent = self._charges.spent(thread_key(turn.user, turn.thread_id))
        return {
            "request_units": round(spent.request_units, 2),
            "request_units_modelled": self._charges.modelled,
        }

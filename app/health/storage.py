"""Whether the store can be used, and which one it is; a store that answered is believed for a while."""

from time import monotonic

from app.health.readiness import Check
from frmk.runs.store import RunStore

BELIEVED_SECONDS = 30.0


def store_check(store: RunStore, *, believed: float = 0.0, where: str = "") -> Check:
    """Return the check of a store; it names the store, and asks again `believed` seconds after a yes.

    A check of a database is a request that costs something, and probes come every few seconds.
    """
    answered = float("-inf")
    name = f"{store.name}{where}"

    async def check() -> str:
        nonlocal answered
        if monotonic() - answered >= believed:
            await store.check()
            answered = monotonic()
        return name

    return check

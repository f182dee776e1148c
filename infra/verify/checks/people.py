"""People: everybody sees their own, and only their own."""

import asyncio

from infra.verify.client import AppClient
from infra.verify.ledger import Outcome
from infra.verify.report import CheckFailedError
from infra.verify.visit import Turn, Visit


async def isolation(visit: Visit, other: AppClient, mine: Turn, theirs: Turn) -> Outcome[None]:
    """Expect 404 for another's run and thread, and two threads where both chose the same id."""
    run, thread = f"/api/v1/runs/{mine.run_id}", f"/api/v1/threads/{visit.memory_thread}"
    strangers = (
        ("GET", run),
        ("GET", f"{run}/events"),
        ("POST", f"{run}/cancel"),
        ("GET", thread),
        ("DELETE", thread),
    )
    await asyncio.gather(*(other.ask(method, path, expect=(404,)) for method, path in strangers))
    await visit.first.ask("GET", f"/api/v1/runs/{theirs.run_id}", expect=(404,))
    texts = await asyncio.gather(_said(visit.first, mine), _said(other, theirs))
    if list(texts) != [[mine.message], [theirs.message]]:
        raise CheckFailedError(f"two users share the thread {mine.thread_id}: it holds {texts}")
    return Outcome(
        value=None,
        detail=f"404 for {len(strangers) + 1} requests about another's run or thread; one id, two threads",
        evidence={
            "thread_id": mine.thread_id,
            "run_ids": [mine.run_id, theirs.run_id],
            "refused": [f"{method} {path}" for method, path in strangers],
        },
    )


async def _said(person: AppClient, turn: Turn) -> list[str]:
    thread = (await person.ask("GET", f"/api/v1/threads/{turn.thread_id}", expect=(200,))).json()
    return [entry["content"] for entry in thread["messages"] if entry["role"] == "user"]


async def deletion(visit: Visit) -> Outcome[None]:
    """Delete every thread that this verification made and expect each to be gone."""
    owned = [(visit.first, visit.shared_thread), (visit.first, visit.memory_thread)]
    owned += [(visit.socket_user, visit.socket_thread)]
    owned += [(visit.first, f"{visit.question_thread}-{asked.name}") for asked in visit.suite.questions]
    gone = 0
    for person, thread in owned:
        answer = await person.ask("DELETE", f"/api/v1/threads/{thread}", expect=(204, 404))
        gone += answer.status_code == 204  # noqa: PLR2004  # HTTP's own number
        await person.ask("GET", f"/api/v1/threads/{thread}", expect=(404,))
    return Outcome(value=None, detail=f"{gone} threads deleted and gone", evidence={"deleted": gone})

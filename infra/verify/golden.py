"""The golden path: which checks run, which wait for which, and what they add up to."""

import asyncio
import time
from collections.abc import Sequence

from infra.verify.checks import conversation, people, service, socket
from infra.verify.client import AppClient, opened
from infra.verify.ledger import Ledger, Outcome
from infra.verify.report import VerifyReport
from infra.verify.suite import Suite
from infra.verify.visit import Turn, Visit
from infra.verify.witness import Witness

ORDER = (
    "health", "refusal", "message", "events", "replay", "agents", "tools", "model", "memory",
    "websocket", "isolation", "database", "deletion", "erased",
)  # fmt: skip
NO_SECOND_USER = "isolation: needs tokens of two users (give --token twice)"
ONE_INPUT = "tools: the suite has one message alone, so no tool gets a second input"
NO_MEMORY = "memory: the suite has no memory conversation"


async def verify(
    url: str,
    tokens: Sequence[str],
    suite: Suite,
    *,
    allow_scripted: bool = False,
    limit: float = 120.0,
    witness: Witness | None = None,
) -> VerifyReport:
    """Drive the golden path against an app and return what it showed; `limit` is seconds per check.

    A witness looks into the database before the conversation is deleted, and again afterwards.
    """
    started = time.perf_counter()
    ledger = Ledger(limit)
    async with opened(url.rstrip("/"), limit) as http:
        people_of = [AppClient(http=http, token=token) for token in tokens]
        nobody = AppClient(http=http, token=None)
        visit = Visit(
            first=people_of[0] if people_of else nobody,
            second=people_of[1] if len(people_of) > 1 else None,
            nobody=nobody,
            suite=suite,
            allow_scripted=allow_scripted,
        )
        model = await _walk(visit, ledger, witness)
    place = {name: index for index, name in enumerate(ORDER)}
    checks = tuple(sorted(ledger.checks, key=lambda check: place.get(check.name, len(place))))
    unable = {NO_SECOND_USER: visit.second is None, NO_MEMORY: not suite.memory, ONE_INPUT: not suite.varied}
    return VerifyReport(
        url=url,
        ok=all(check.ok for check in checks),
        seconds=round(time.perf_counter() - started, 3),
        model=model,
        checks=checks,
        left_out=tuple(sentence for sentence, applies in unable.items() if applies),
    )


async def _walk(visit: Visit, ledger: Ledger, witness: Witness | None) -> str | None:
    """Wait for the first answer, then run at once what does not depend on each other.

    Conversations side by side share one model: each would wait for all of them.
    """
    if await ledger.check("health", service.health(visit)) is None:
        return None
    remembered: list[Turn] = []
    questioned: list[Turn] = []
    async with asyncio.TaskGroup() as group:
        group.create_task(ledger.check("refusal", service.refusal(visit)))
        talk = await ledger.check("message", conversation.message(visit))
        live = group.create_task(ledger.check("websocket", socket.socket(visit)))
        if visit.suite.memory:
            told = conversation.memory(visit, visit.suite.memory, remembered)
            group.create_task(ledger.check("memory", told))
        for asked in visit.suite.questions:
            answered = conversation.question(visit, asked, questioned)
            group.create_task(ledger.check(f"question {asked.name}", answered))
    mine, theirs = _value(talk), _value(live.result())
    model = await _judge(visit, ledger, mine, [*remembered, *questioned])
    await _isolation(visit, ledger, mine, theirs)
    turns = [turn for turn in (mine, *remembered, *questioned) if turn is not None]
    if witness is not None:
        await ledger.check("database", witness.present(turns))
    deleted = await ledger.check("deletion", people.deletion(visit))
    if witness is not None and deleted is not None:
        await ledger.check("erased", witness.gone(turns))
    return model


def _value(outcome: Outcome[Turn] | None) -> Turn | None:
    return outcome.value if outcome else None


async def _judge(visit: Visit, ledger: Ledger, turn: Turn | None, others: list[Turn]) -> str | None:
    if turn is None:
        for name in ("events", "replay", "agents", "tools", "model"):
            ledger.skip(name, "the message was not answered")
        return None
    await ledger.check("events", conversation.events(turn))
    await ledger.check("replay", conversation.replay(visit, turn))
    await ledger.check("agents", conversation.agents(visit, turn))
    if visit.suite.varied:
        await ledger.check("tools", conversation.tools([turn, *others]))
    model = await ledger.check("model", conversation.model(visit, turn))
    return model.value if model else None


async def _isolation(visit: Visit, ledger: Ledger, mine: Turn | None, theirs: Turn | None) -> None:
    if visit.second is None:
        return
    if mine is None or theirs is None:
        ledger.skip("isolation", "one of the two users got no answer")
        return
    await ledger.check("isolation", people.isolation(visit, visit.second, mine, theirs))

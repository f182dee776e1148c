"""The database as the twin sees it: whether the verified conversation is in it, and gone when deleted."""

import asyncio
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from infra.rehearsal.report import ContainerEvidence, DatabaseEvidence
from infra.verify.ledger import Outcome
from infra.verify.report import CheckFailedError
from infra.verify.trace import WireEvent
from infra.verify.visit import Turn

CHECKPOINTS, RUNS = "checkpoints", "runs"
SHOWN_IDS = 20

Search = Callable[[Sequence[str]], dict[str, Any]]
"""Ask the twin which documents hold which texts."""


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True)


class FoundContainer(_Told):
    """Hold what the twin found in one container: ids of documents by the text that they hold."""

    database: str
    name: str
    partition_key: str
    documents: int
    found: dict[str, tuple[str, ...]]

    def ids(self, texts: Iterable[str]) -> tuple[str, ...]:
        """Return the ids of the documents that hold any of the texts, each once."""
        return tuple(dict.fromkeys(one for text in texts for one in self.found.get(text, ())))


class FoundAccount(_Told):
    """Hold what the twin found in one account, and what was asked of it so far."""

    name: str
    endpoint: str
    requests: int
    request_units: float
    containers: tuple[FoundContainer, ...]


class DatabaseWitness:
    """Look for a conversation in the twin's database; `evidence` is what was seen."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self.evidence: DatabaseEvidence | None = None

    async def present(self, turns: Sequence[Turn]) -> Outcome[None]:
        """Expect a checkpoint of every thread, a record of every run, and every event."""
        threads, runs = _names(turns)
        events = {opening(event): event for turn in turns for event in turn.events}
        account = await self._account([*threads, *runs, *events])
        checkpoints, log = _container(account, CHECKPOINTS), _container(account, RUNS)
        self.evidence = _evidence(account, turns)
        absent = [
            *(f"a checkpoint of thread {thread}" for thread in threads if not checkpoints.ids([thread])),
            *(f"run {run}" for run in runs if not log.ids([run])),
            *(
                f"event {event['seq']} of {event['run_id']}"
                for text, event in events.items()
                if not log.ids([text])
            ),
        ]
        if absent:
            raise CheckFailedError(
                f"the database at {account.endpoint} does not hold {_some(absent)}",
                **self.evidence.model_dump(),
            )
        return Outcome(value=None, detail=_sentence(self.evidence), evidence=self.evidence.model_dump())

    async def gone(self, turns: Sequence[Turn]) -> Outcome[None]:
        """Expect no document in any container that holds a name of these turns."""
        threads, runs = _names(turns)
        account = await self._account([*threads, *runs])
        left = [
            f"{one} in {container.name}"
            for container in account.containers
            for one in container.ids([*threads, *runs])
        ]
        if self.evidence is not None:
            update = {"left": len(left), "requests": account.requests, "request_units": account.request_units}
            self.evidence = self.evidence.model_copy(update=update)
        if left:
            raise CheckFailedError(f"after the deletion the database still holds {_some(left)}", left=left)
        return Outcome(value=None, detail="no document of the conversation is left", evidence={"left": 0})

    async def _account(self, texts: Sequence[str]) -> FoundAccount:
        body = await asyncio.to_thread(self._search, texts)
        accounts = [FoundAccount.model_validate(entry) for entry in body["accounts"]]
        if not accounts:
            raise CheckFailedError(
                "the stack has no database account, so nothing of the conversation is kept"
            )
        return max(accounts, key=lambda account: sum(len(one.ids(texts)) for one in account.containers))


def opening(event: WireEvent) -> str:
    """Return the beginning of an event's line up to its number: no other event begins so."""
    names = list(event)
    head = {name: event[name] for name in names[: names.index("seq") + 1]}
    return json.dumps(head, separators=(",", ":"), ensure_ascii=False)[:-1]


def _names(turns: Sequence[Turn]) -> tuple[list[str], list[str]]:
    return list(dict.fromkeys(turn.thread_id for turn in turns)), [turn.run_id for turn in turns]


def _container(account: FoundAccount, name: str) -> FoundContainer:
    for container in account.containers:
        if container.name == name:
            return container
    known = ", ".join(container.name for container in account.containers) or "none"
    raise CheckFailedError(f"account {account.name} has no container {name!r}; it has: {known}")


def _evidence(account: FoundAccount, turns: Sequence[Turn]) -> DatabaseEvidence:
    threads, runs = _names(turns)
    containers = tuple(
        ContainerEvidence(
            name=container.name,
            partition_key=container.partition_key,
            documents=container.documents,
            of_conversation=len(ids := container.ids([*threads, *runs])),
            ids=ids[:SHOWN_IDS],
        )
        for container in account.containers
    )
    return DatabaseEvidence(
        account=account.name,
        endpoint=account.endpoint,
        database=_container(account, CHECKPOINTS).database,
        containers=containers,
        threads=tuple(threads),
        runs=tuple(runs),
        events=sum(len(turn.events) for turn in turns),
        requests=account.requests,
        request_units=account.request_units,
    )


def _sentence(evidence: DatabaseEvidence) -> str:
    held = " and ".join(f"{one.of_conversation} in {one.name}" for one in evidence.containers if one.ids)
    return (
        f"{len(evidence.threads)} threads, {len(evidence.runs)} runs and {evidence.events} events are in "
        f"database {evidence.database!r} of {evidence.account}: documents {held}"
    )


def _some(things: Sequence[str]) -> str:
    more = f" and {len(things) - 3} more" if len(things) > 3 else ""  # noqa: PLR2004 - enough to look up
    return ", ".join(things[:3]) + more

"""The database as a witness: what it holds of a conversation is read off its file, not asked of the app."""

import base64
import json
import time
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from infra.rehearsal.evidence import DatabaseWitness
from infra.twin.database.access.keys import KeyDoor
from infra.twin.database.account import Account
from infra.twin.database.limits import Limits
from infra.twin.database.rows import Container, Draft
from infra.twin.database.search import search
from infra.twin.database.store import DocumentStore
from infra.verify.report import CheckFailedError
from infra.verify.visit import Turn

ENDPOINT = "https://localhost:9081/"


def turn(run: str = "run-1", thread: str = "verify-a") -> Turn:
    return Turn(
        message="m",
        answer="a",
        run_id=run,
        thread_id=thread,
        completed=True,
        context={},
        events=[
            {"type": "t", "run_id": run, "thread_id": thread, "seq": number, "time": "now"}
            for number in (1, 2, 10)
        ],
        seconds=0.1,
    )


class Place:
    """Hold an account with the app's two containers and write documents into them."""

    def __init__(self, path: Path) -> None:
        self.store = DocumentStore.open(path)
        self.account = Account(
            name="cosmos-a", store=self.store, door=KeyDoor("a2V5", time.time), limits=Limits(time.time)
        )
        database = self.store.create_database("agents", 1)
        self.containers = {name: self._container(database, name) for name in ("runs", "checkpoints")}

    def _container(self, database: Any, name: str) -> Container:
        properties = {"id": name, "partitionKey": {"paths": ["/pk"], "kind": "Hash"}}
        return self.store.create_container(database, properties, 1)

    def write(self, container: str, **document: Any) -> None:
        draft = Draft(id=document["id"], pk="p", etag='"1"', ts=1, ttl=None, text=json.dumps(document))
        with self.store.transaction():
            self.store.insert(self.containers[container], draft)

    def clear(self, container: str) -> None:
        with self.store.transaction():
            self.store.remove_partition(self.containers[container], "p")

    def ask(self, texts: Sequence[str]) -> dict[str, Any]:
        return search({"cosmos-a": (ENDPOINT, self.account)}, texts)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    found = Place(tmp_path / "documents.sqlite")
    yield found
    found.store.close()


def packed(*events: Any) -> str:
    return base64.b64encode(zlib.compress("\n".join(map(line, events)).encode())).decode()


def line(event: Any) -> str:
    return json.dumps(event, separators=(",", ":"))


def hold(place: Place, conversation: Turn) -> None:
    place.write("checkpoints", id="c1", pk=f"developer:{conversation.thread_id}")
    place.write("runs", id="r1", run_id=conversation.run_id, thread_id=conversation.thread_id)
    place.write("runs", id="l1", text=line(conversation.events[0]))
    place.write("runs", id="l2", zip=packed(*conversation.events[1:]))


async def test_checkpoints_runs_and_events_are_found_also_where_they_are_compressed(place: Place) -> None:
    hold(place, turn())
    witness = DatabaseWitness(place.ask)

    outcome = await witness.present([turn()])

    assert "1 threads, 1 runs and 3 events" in outcome.detail
    assert witness.evidence is not None
    held = {one.name: (one.documents, one.of_conversation, one.ids) for one in witness.evidence.containers}
    assert held == {"runs": (3, 3, ("r1", "l1", "l2")), "checkpoints": (1, 1, ("c1",))}
    assert (witness.evidence.endpoint, witness.evidence.database) == (ENDPOINT, "agents")
    assert witness.evidence.modelled


@pytest.mark.parametrize(
    ("container", "words"),
    [
        ("checkpoints", "a checkpoint of thread verify-a"),
        ("runs", "run run-1, event 1 of run-1, event 2 of run-1 and 1 more"),
    ],
)
async def test_what_is_not_there_is_named(container: str, words: str, place: Place) -> None:
    hold(place, turn())
    place.clear(container)

    with pytest.raises(CheckFailedError, match=words):
        await DatabaseWitness(place.ask).present([turn()])


async def test_another_conversation_proves_nothing(place: Place) -> None:
    hold(place, turn())

    with pytest.raises(CheckFailedError, match="a checkpoint of thread verify-b, run run-2"):
        await DatabaseWitness(place.ask).present([turn("run-2", "verify-b")])


async def test_after_the_deletion_every_document_left_is_a_no(place: Place) -> None:
    hold(place, turn())
    witness = DatabaseWitness(place.ask)
    await witness.present([turn()])

    with pytest.raises(CheckFailedError, match="still holds r1 in runs, l1 in runs, l2 in runs and 1 more"):
        await witness.gone([turn()])
    place.clear("runs")
    place.clear("checkpoints")
    await witness.gone([turn()])

    assert witness.evidence is not None
    assert witness.evidence.left == 0


async def test_a_stack_without_an_account_keeps_nothing() -> None:
    with pytest.raises(CheckFailedError, match="no database account"):
        await DatabaseWitness(lambda _: {"accounts": []}).present([turn()])

"""A real app on a real port, with a small executor whose every fault can be asked for."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from app.__main__ import Server, server_config
from app.agents.roster import roster_of
from app.health.storage import store_check
from app.main import create_app
from app.opening import Backend
from app.settings import Settings, read_settings
from frmk.events import EventDraft, EventType
from frmk.runs.executor import Turn
from frmk.runs.memory import MemoryStore
from infra.project import Project
from infra.rehearsal.signing import DeveloperKey
from infra.verify.suite import MemoryTurn, Suite

HASH = sha256(b"{}").hexdigest()
AGENTS = ("supervisor", "planner", "critic")
SUITE = Suite(
    verified="a trip to Oslo",
    memory=(
        MemoryTurn(message="a trip to Lisbon", contains=("Lisbon",)),
        MemoryTurn(message="for how long", contains=("Lisbon",)),
        MemoryTurn(message="where to again", contains=("Lisbon",)),
    ),
)


@dataclass
class Faults:
    """Say what is wrong with the app; nothing by default."""

    model: str = "small-model"
    forgets: bool = False
    lonely: bool = False
    deaf_tool: bool = False
    completed: bool = True
    silent: bool = False


@dataclass
class Traveller:
    """Play a supervisor with two sub-agents and a tool, remembering the city of each thread."""

    faults: Faults
    cities: dict[tuple[str, str], str] = field(default_factory=dict)

    def goals(self) -> Collection[str]:
        return ("travel_planning",)

    async def forget(self, user: str, thread_id: str) -> None:
        self.cities.pop((user, thread_id), None)

    async def execute(self, turn: Turn) -> AsyncIterator[EventDraft]:
        place = (turn.user, turn.thread_id)
        words = turn.message.split()
        if not self.faults.forgets or place not in self.cities:
            self.cities[place] = words[-1] if words[0] == "a" else self.cities.get(place, "nowhere")
        if self.faults.forgets and words[0] != "a":
            self.cities[place] = "nowhere"
        top = {"agent_run_id": f"{turn.run_id}-0", "parent_run_id": None}
        yield _draft("supervisor", EventType.AGENT_STARTED, top, parent=None, context_hash=HASH)
        yield _draft("supervisor", EventType.AGENT_THINKING, top, text="who knows")
        for number, name in enumerate(AGENTS[1:2] if self.faults.lonely else AGENTS[1:], start=1):
            async for draft in self._work(turn, name, number, self.cities[place]):
                yield draft
        answer = "" if self.faults.silent else f"To {self.cities[place]} then"
        yield _draft(
            "supervisor",
            EventType.AGENT_COMPLETED,
            top,
            message=answer,
            context_hash=HASH,
            completed=self.faults.completed,
            usage={"model": self.faults.model, "input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
            missing=[] if self.faults.completed else ["The weather."],
            context={},
        )

    async def _work(self, turn: Turn, name: str, number: int, city: str) -> AsyncIterator[EventDraft]:
        ids = {"agent_run_id": f"{turn.run_id}-{number}", "parent_run_id": f"{turn.run_id}-0"}
        call = {"tool": "distance", "tool_call_id": f"{turn.run_id}-{number}"}
        output = 7 if self.faults.deaf_tool else len(city)
        yield _draft(name, EventType.AGENT_STARTED, ids, parent="supervisor", context_hash=HASH)
        yield _draft(name, EventType.TOOL_EXECUTING, ids, **call, input={"city": city})
        yield _draft(name, EventType.TOOL_COMPLETED, ids, **call, output=output, seconds=0.0)
        yield _draft(name, EventType.AGENT_COMPLETED, ids, message="done", context_hash=HASH)


def _draft(agent: str, kind: EventType, ids: dict[str, Any], **data: Any) -> EventDraft:
    return EventDraft(type=kind, agent=agent, data={**ids, **data})


@dataclass(frozen=True)
class Place:
    """Name a running app and the tokens of two of its users."""

    url: str
    tokens: tuple[str, str]


Wrapper = Callable[[Any], Any]
Serving = Callable[..., AbstractAsyncContextManager[Place]]


@pytest.fixture
def serving(tmp_path: Path) -> Serving:
    """Give a context manager that serves the app with faults, or behind something that spoils it."""

    @asynccontextmanager
    async def serve(faults: Faults | None = None, wrap: Wrapper | None = None) -> AsyncIterator[Place]:
        key = DeveloperKey.of(Project(tmp_path))
        who = {"SEATRIAL_AUTH": "key", "AUTH_JWKS": json.dumps(key.jwks)}
        settings = read_settings({**who, "PORT": "0", "SEATRIAL_HOST": "127.0.0.1"})
        app = create_app(settings, opening=_opening(Traveller(faults or Faults())))
        config = server_config(settings, wrap(app) if wrap else app)
        server = Server(config, app.state.departure)
        server.capture_signals = nullcontext  # type: ignore[assignment]
        task = asyncio.create_task(server.serve())
        while not server.started:
            if task.done():
                task.result()
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Place(f"http://127.0.0.1:{port}", (key.sign("ann"), key.sign("bob")))
        server.should_exit = True
        await task

    return serve


def _opening(executor: Traveller) -> Any:
    @asynccontextmanager
    async def opened(_: Settings) -> AsyncIterator[Backend]:
        store = MemoryStore()
        entry = {"description": "d", "capabilities": ["c"], "status": "available"}
        roster = roster_of({"travel_planning": [{"name": name, **entry} for name in AGENTS]})
        yield Backend(store=store, executor=executor, roster=roster, checks={"store": store_check(store)})

    return opened

"""A real app with a small executor, over ASGI or on a real port."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, nullcontext
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import httpx
import jwt
import pytest
import structlog
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from app.__main__ import Server, server_config
from app.agents.roster import roster_of
from app.health.storage import store_check
from app.main import create_app
from app.opening import Backend
from app.settings import Settings, read_settings
from frmk.errors import ModelError
from frmk.events import EventDraft, EventType
from frmk.runs.executor import Turn
from frmk.runs.memory import MemoryStore

HASH = sha256(b"{}").hexdigest()


class SmallExecutor:
    """Plays a short scene; words in the message say how it goes."""

    def __init__(self) -> None:
        self.gates: dict[str, asyncio.Event] = {}
        self.runs: list[str] = []
        self.waiting = asyncio.Event()

    def goals(self) -> Collection[str]:
        return ("travel_planning", "other")

    def gate(self, name: str) -> asyncio.Event:
        return self.gates.setdefault(name, asyncio.Event())

    async def forget(self, user: str, thread_id: str) -> None:
        return None

    async def execute(self, turn: Turn) -> AsyncIterator[EventDraft]:
        self.runs.append(turn.run_id)
        top = {"agent_run_id": f"a-{turn.run_id}-{turn.attempt}", "parent_run_id": None}
        sub = {"agent_run_id": f"b-{turn.run_id}-{turn.attempt}", "parent_run_id": top["agent_run_id"]}
        yield draft("supervisor", EventType.AGENT_STARTED, top, parent=None, context_hash=HASH)
        yield draft("supervisor", EventType.AGENT_THINKING, top, text="I ask the planner.")
        yield draft("planner", EventType.AGENT_STARTED, sub, parent="supervisor", context_hash=HASH)
        call = {"tool": "budget", "tool_call_id": f"c-{turn.run_id}-{turn.attempt}"}
        yield draft("planner", EventType.TOOL_EXECUTING, sub, **call, input={"days": 3})
        if turn.message.startswith("wait "):
            self.waiting.set()
            await self.gate(turn.message.removeprefix("wait ")).wait()
        yield draft("planner", EventType.TOOL_COMPLETED, sub, **call, output={"total": 300}, seconds=0.001)
        yield draft("planner", EventType.AGENT_COMPLETED, sub, message="300 EUR", context_hash=HASH)
        if turn.message == "crash":
            raise ZeroDivisionError("a defect of the executor")
        if turn.message == "fail":
            raise ModelError("the model answered nothing")
        answer = f"You said: {turn.message}"
        yield draft("supervisor", EventType.AGENT_THINKING, top, delta=answer)
        yield draft(
            "supervisor",
            EventType.AGENT_COMPLETED,
            top,
            message=answer,
            context_hash=HASH,
            completed=turn.message != "part",
            usage={"model": "scripted", "input_tokens": 3, "output_tokens": 5, "total_tokens": 8},
            missing=["The weather is missing."] if turn.message == "part" else [],
            context={"echo": turn.context},
        )


def draft(agent: str, kind: EventType, ids: dict[str, Any], **data: Any) -> EventDraft:
    return EventDraft(type=kind, agent=agent, data={**ids, **data})


class SmallBackend:
    """Opens the small executor; its checks and its store may be changed by tests."""

    def __init__(self) -> None:
        self.executor = SmallExecutor()
        self.store = MemoryStore()
        self.model_error: Exception | None = None

    async def check_model(self) -> None:
        if self.model_error:
            raise self.model_error

    @asynccontextmanager
    async def __call__(self, settings: Settings) -> AsyncIterator[Backend]:
        agents = [
            {"name": name, "description": "d", "capabilities": ["c"], "status": "available"}
            for name in ("supervisor", "planner")
        ]
        yield Backend(
            store=self.store,
            executor=self.executor,
            roster=roster_of({"travel_planning": agents, "other": agents}, ["Plan it."]),
            checks={"store": store_check(self.store), "model": self.check_model},
        )


class Signer:
    """Signs tokens as `seatrial token` does, and shows the public half."""

    def __init__(self, key_id: str = "dev") -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.key_id = key_id

    def jwks(self) -> str:
        public = json.loads(ECAlgorithm.to_jwk(self.key.public_key()))
        return json.dumps({"keys": [{**public, "kid": self.key_id, "use": "sig", "alg": "ES256"}]})

    def token(self, user: str, **claims: Any) -> str:
        body = {"sub": user, "exp": time.time() + 600, **claims}
        body = {name: value for name, value in body.items() if value is not None}
        return jwt.encode(body, self.key, algorithm="ES256", headers={"kid": self.key_id})

    def bearer(self, user: str, **claims: Any) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(user, **claims)}"}


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    """Without this structlog draws a defect's traceback with every local value, for ten seconds."""
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )


@pytest.fixture(scope="session")
def signer() -> Signer:
    return Signer()


@pytest.fixture
def backend() -> SmallBackend:
    return SmallBackend()


@pytest.fixture
def environment(signer: Signer) -> dict[str, str]:
    """Override in a test module or a test to start the app with other variables."""
    return {"SEATRIAL_AUTH": "key", "AUTH_JWKS": signer.jwks(), "SEATRIAL_GRACE_SECONDS": "2"}


@pytest.fixture
async def client(environment: dict[str, str], backend: SmallBackend) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app over ASGI, signed in as nobody."""
    app = create_app(read_settings(environment), opening=backend)
    async with app.router.lifespan_context(app) as state:

        async def with_state(scope: Any, receive: Any, send: Any) -> None:
            await app({**scope, "state": dict(state or {})}, receive, send)

        transport = httpx.ASGITransport(with_state, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://app.test") as client:
            yield client


@pytest.fixture
def ann(signer: Signer) -> dict[str, str]:
    return signer.bearer("ann")


@pytest.fixture
def bob(signer: Signer) -> dict[str, str]:
    return signer.bearer("bob")


@pytest.fixture
async def server(environment: dict[str, str], backend: SmallBackend) -> AsyncIterator[SimpleNamespace]:
    """The app on a real port of this machine."""
    settings = read_settings({**environment, "PORT": "0", "SEATRIAL_HOST": "127.0.0.1"})
    app = create_app(settings, opening=backend)
    running = Server(server_config(settings, app), app.state.departure)
    running.capture_signals = _no_signals  # type: ignore[method-assign]
    task = asyncio.create_task(running.serve())
    while not running.started:
        if task.done():
            task.result()
        await asyncio.sleep(0.01)
    port = running.servers[0].sockets[0].getsockname()[1]
    yield SimpleNamespace(
        port=port, url=f"http://127.0.0.1:{port}", ws=f"ws://127.0.0.1:{port}/ws", uvicorn=running, task=task
    )
    running.should_exit = True
    await task


def _no_signals() -> Any:
    return nullcontext()

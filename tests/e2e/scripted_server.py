"""A double of the app for the page's tests: the contract's endpoints, with answers and faults by script."""

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from app.ui.router import page_router
from tests.e2e.scripts import SUPERVISOR, Step

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@dataclass
class Fault:
    """Answer the next request to `path` with this instead."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class ScriptedRun:
    run_id: str
    thread_id: str
    message: str
    steps: list[Step]
    events: list[dict[str, Any]] = field(default_factory=list)
    status: str = "running"
    cancelled: bool = False
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)


class ScriptedServer:
    """Hold what the double knows and what the next requests get."""

    def __init__(self) -> None:
        self.url = ""
        self._playing: set[asyncio.Task[None]] = set()
        self.reset()
        self.app = FastAPI()
        self.app.include_router(page_router())
        self._routes()

    def reset(self) -> None:
        """Forget everything but the address."""
        self.threads: dict[str, dict[str, Any]] = {}
        self.runs: dict[str, ScriptedRun] = {}
        self.script: list[Step] = []
        self.faults: dict[str, list[Fault]] = {}
        self.cut_after: list[tuple[int, bool]] = []
        self.resumed_after: list[int] = []
        self.agents: list[dict[str, Any]] = []
        self.examples: list[str] = []

    def let_go(self) -> None:
        """Play on from the steps that are held."""
        for run in self.runs.values():
            run.loop.call_soon_threadsafe(run.go_on.set)

    def add_thread(self, thread_id: str, title: str, minutes_ago: float, *messages: dict[str, Any]) -> None:
        moment = (datetime.now(UTC) - timedelta(minutes=minutes_ago)).isoformat()
        self.threads[thread_id] = {
            "thread_id": thread_id,
            "title": title,
            "created_at": moment,
            "updated_at": moment,
            "messages": list(messages),
        }

    def _routes(self) -> None:
        app = self.app
        app.middleware("http")(self._fault)
        app.get("/api/v1/agents")(self._agents)
        app.get("/api/v1/threads")(self._list)
        app.get("/api/v1/threads/{thread_id}")(self._thread)
        app.delete("/api/v1/threads/{thread_id}")(self._delete)
        app.post("/api/v1/threads/{thread_id}/runs")(self._start)
        app.get("/api/v1/runs/{run_id}")(self._run)
        app.get("/api/v1/runs/{run_id}/events")(self._events)
        app.post("/api/v1/runs/{run_id}/cancel")(self._cancel)

    async def _fault(self, request: Request, call_next: Any) -> Response:
        for path, faults in self.faults.items():
            if request.url.path.endswith(path) and faults:
                fault = faults.pop(0)
                return JSONResponse(fault.body, fault.status, fault.headers)
        return await call_next(request)

    async def _agents(self) -> dict[str, Any]:
        return {"agents": self.agents, "examples": self.examples}

    async def _list(self, limit: int = 20, cursor: str | None = None) -> dict[str, Any]:
        ordered = sorted(self.threads.values(), key=lambda thread: thread["updated_at"], reverse=True)
        first = int(cursor or 0)
        page = [{key: value for key, value in item.items() if key != "messages"} for item in ordered[first:]]
        more = str(first + limit) if len(page) > limit else None
        return {"threads": page[:limit], "next_cursor": more}

    async def _thread(self, thread_id: str) -> Any:
        return self.threads.get(thread_id) or _unknown("ThreadNotFoundError", thread_id)

    async def _delete(self, thread_id: str) -> Response:
        if self.threads.pop(thread_id, None) is None:
            return _unknown("ThreadNotFoundError", thread_id)
        return Response(status_code=204)

    async def _start(self, thread_id: str, request: Request) -> JSONResponse:
        message = (await request.json())["message"]
        run = ScriptedRun(f"run-{uuid4().hex[:12]}", thread_id, message, list(self.script))
        self.runs[run.run_id] = run
        if thread_id not in self.threads:
            self.add_thread(thread_id, message[:80], 0)
        self.threads[thread_id]["messages"].append({"role": "user", "content": message, "run_id": run.run_id})
        self._playing.add(asyncio.create_task(self._play(run)))
        return JSONResponse({"run_id": run.run_id, "thread_id": thread_id, "status": "pending"}, 202)

    async def _run(self, run_id: str) -> Any:
        run = self.runs.get(run_id)
        if run is None:
            return _unknown("RunNotFoundError", run_id)
        moment = START.isoformat()
        return {
            "run_id": run_id,
            "thread_id": run.thread_id,
            "status": run.status,
            "created_at": moment,
            "updated_at": moment,
            "usage": {"model": "scripted", "input_tokens": 0, "output_tokens": 0, "total_tokens": 0},
        }

    async def _cancel(self, run_id: str) -> JSONResponse:
        run = self.runs[run_id]
        if run.status != "running":
            return JSONResponse({"error": "RunOverError", "detail": "The run is over."}, 409)
        run.cancelled = True
        run.go_on.set()
        return JSONResponse({"run_id": run_id, "status": "cancelled"}, 202)

    async def _play(self, run: ScriptedRun) -> None:
        for step in run.steps:
            await asyncio.sleep(step.wait)
            if step.held:
                await run.go_on.wait()
            if run.cancelled:
                break
            run.events.append(_event(run, step))
        if run.cancelled:
            data = {"agent_run_id": "a0", "error": "Cancelled", "detail": "Stopped by the user."}
            run.events.append(_event(run, Step("agent_failed", SUPERVISOR, data, final=True)))
        self._finish(run)

    def _finish(self, run: ScriptedRun) -> None:
        last = run.events[-1] if run.events else {"type": "agent_failed", "data": {}}
        completed = last["type"] == "agent_completed"
        run.status = "cancelled" if run.cancelled else "completed" if completed else "failed"
        thread = self.threads.get(run.thread_id)
        if thread and completed:
            answer = {"role": "assistant", "content": last["data"]["message"], "run_id": run.run_id}
            thread["messages"].append(answer)

    async def _events(self, run_id: str, after: int = 0) -> Response:
        run = self.runs.get(run_id)
        if run is None:
            return _unknown("RunNotFoundError", run_id)
        self.resumed_after.append(after)
        if run.status != "running" and len(run.events) <= after:
            return Response(status_code=204)
        cut = self.cut_after.pop(0) if self.cut_after else None
        return StreamingResponse(self._stream(run, after, cut), media_type="text/event-stream")

    async def _stream(self, run: ScriptedRun, after: int, cut: tuple[int, bool] | None) -> AsyncIterator[str]:
        yield ": open\n\n"
        sent = 0
        while True:
            for event in run.events[after:]:
                if cut and sent >= cut[0]:
                    if cut[1]:
                        raise ConnectionError("the script cuts the stream here")
                    return
                # A sloppy server repeats an event: the page must not show it twice.
                for _ in range(2 if event["seq"] == 3 else 1):
                    yield f"id: {event['seq']}\nevent: {event['type']}\ndata: {json.dumps(event)}\n\n"
                after, sent = event["seq"], sent + 1
                if event.get("final"):
                    return
            await asyncio.sleep(0.01)


def _event(run: ScriptedRun, step: Step) -> dict[str, Any]:
    event = {
        "type": step.type,
        "run_id": run.run_id,
        "thread_id": run.thread_id,
        "seq": len(run.events) + 1,
        "time": (datetime.now(UTC) + timedelta(seconds=step.skip)).isoformat(),
        "agent": step.agent,
        "data": step.data,
    }
    return {**event, "final": True} if step.final else event


def _unknown(error: str, seen: str) -> JSONResponse:
    return JSONResponse({"error": error, "detail": f"Nothing here is called {seen!r}."}, 404)


@contextlib.contextmanager
def serving(server: ScriptedServer) -> Iterator[ScriptedServer]:
    """Serve the double on a free port until the block ends."""
    config = uvicorn.Config(
        server.app,
        host="127.0.0.1",
        port=0,
        log_level="critical",
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    server.url = f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"
    yield server
    running.should_exit = True
    thread.join(10)

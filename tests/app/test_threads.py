"""Threads and runs over HTTP."""

import asyncio
from datetime import datetime
from typing import Any

import httpx


async def say(client: httpx.AsyncClient, user: dict[str, str], message: str, thread: str) -> dict[str, Any]:
    answer = await client.post(
        "/api/v1/message", json={"message": message, "thread_id": thread}, headers=user, timeout=10
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_thread_holds_its_conversation(client: httpx.AsyncClient, ann: dict[str, str]) -> None:
    await say(client, ann, "one", "t")
    await say(client, ann, "two", "t")

    thread = (await client.get("/api/v1/threads/t", headers=ann)).json()

    spoken = [(m["role"], m["content"]) for m in thread["messages"] if m["role"] != "tool"]
    assert spoken == [
        ("user", "one"),
        ("assistant", "You said: one"),
        ("user", "two"),
        ("assistant", "You said: two"),
    ]


async def test_two_users_may_have_the_same_thread_id(
    client: httpx.AsyncClient, ann: dict[str, str], bob: dict[str, str]
) -> None:
    await say(client, ann, "ann's", "same")
    await say(client, bob, "bob's", "same")

    seen = (await client.get("/api/v1/threads/same", headers=bob)).json()

    assert "ann's" not in str(seen)


async def test_threads_are_listed_in_pages_last_updated_first(
    client: httpx.AsyncClient, ann: dict[str, str]
) -> None:
    for name in ("a", "b", "c"):
        await say(client, ann, "hi", name)

    first = (await client.get("/api/v1/threads?limit=2", headers=ann)).json()
    second = (await client.get(f"/api/v1/threads?limit=2&cursor={first['next_cursor']}", headers=ann)).json()

    assert [thread["thread_id"] for thread in first["threads"]] == ["c", "b"]
    assert [thread["thread_id"] for thread in second["threads"]] == ["a"]
    assert second["next_cursor"] is None


async def test_a_deleted_thread_is_gone_with_its_runs(client: httpx.AsyncClient, ann: dict[str, str]) -> None:
    run_id = (await say(client, ann, "hi", "t"))["run_id"]

    assert (await client.delete("/api/v1/threads/t", headers=ann)).status_code == 204
    for path in ("threads/t", f"runs/{run_id}", f"runs/{run_id}/events"):
        assert (await client.get(f"/api/v1/{path}", headers=ann)).status_code == 404
    assert (await client.delete("/api/v1/threads/t", headers=ann)).status_code == 404


async def test_a_run_shows_its_status_and_usage(client: httpx.AsyncClient, ann: dict[str, str]) -> None:
    run_id = (await say(client, ann, "hi", "t"))["run_id"]

    run = (await client.get(f"/api/v1/runs/{run_id}", headers=ann)).json()

    assert run["status"] == "completed"
    assert run["usage"] == {"model": "scripted", "input_tokens": 3, "output_tokens": 5, "total_tokens": 8}
    assert datetime.fromisoformat(run["created_at"]).tzinfo is not None
    assert "error" not in run


async def start(
    client: httpx.AsyncClient, user: dict[str, str], message: str, thread: str = "t"
) -> httpx.Response:
    return await client.post(f"/api/v1/threads/{thread}/runs", json={"message": message}, headers=user)


async def test_a_background_run_is_cancelled(client: httpx.AsyncClient, ann: dict[str, str]) -> None:
    run_id = (await start(client, ann, "wait forever")).json()["run_id"]

    answer = await client.post(f"/api/v1/runs/{run_id}/cancel", headers=ann)

    assert (answer.status_code, answer.json()["run_id"]) == (202, run_id)
    again = await client.post(f"/api/v1/runs/{run_id}/cancel", headers=ann)
    assert (again.status_code, again.json()["error"]) == (409, "RunOverError")


async def test_a_busy_thread_is_409(client: httpx.AsyncClient, ann: dict[str, str]) -> None:
    run_id = (await start(client, ann, "wait forever")).json()["run_id"]

    answer = await start(client, ann, "me too")

    assert (answer.status_code, answer.json()["error"]) == (409, "ThreadBusyError")
    await client.post(f"/api/v1/runs/{run_id}/cancel", headers=ann)


async def test_resuming_a_run_that_does_not_wait_is_409(
    client: httpx.AsyncClient, ann: dict[str, str], bob: dict[str, str]
) -> None:
    run_id = (await start(client, ann, "wait forever")).json()["run_id"]
    path, body = f"/api/v1/runs/{run_id}/resume", {"answer": True}

    running = await client.post(path, json=body, headers=ann)
    await client.post(f"/api/v1/runs/{run_id}/cancel", headers=ann)
    over = await client.post(path, json=body, headers=ann)

    assert (running.status_code, running.json()["error"]) == (409, "RunNotWaitingError")
    assert (over.status_code, over.json()["error"]) == (409, "RunOverError")
    assert (await client.post(path, json=body, headers=bob)).status_code == 404
    assert (await client.post(path, json={}, headers=ann)).status_code == 422


async def test_another_users_run_is_404_everywhere(
    client: httpx.AsyncClient, ann: dict[str, str], bob: dict[str, str]
) -> None:
    run_id = (await say(client, ann, "hi", "t"))["run_id"]

    for method, path in (("GET", ""), ("GET", "/events"), ("POST", "/cancel")):
        answer = await client.request(method, f"/api/v1/runs/{run_id}{path}", headers=bob)
        assert answer.status_code == 404


async def test_a_cancelled_message_is_409_with_its_run(
    client: httpx.AsyncClient, ann: dict[str, str], backend: Any
) -> None:
    waiting = asyncio.create_task(
        client.post("/api/v1/message", json={"message": "wait forever", "thread_id": "t"}, headers=ann)
    )
    await asyncio.wait_for(backend.executor.waiting.wait(), 5)
    [run_id] = backend.executor.runs

    assert (await client.post(f"/api/v1/runs/{run_id}/cancel", headers=ann)).status_code == 202
    answer = await waiting
    assert (answer.status_code, answer.json()["error"]) == (409, "RunCancelledError")
    assert answer.json()["run_id"] == run_id


async def test_the_agents_are_listed_with_their_supervisor(
    client: httpx.AsyncClient, ann: dict[str, str]
) -> None:
    body = (await client.get("/api/v1/agents", headers=ann)).json()
    agents = body["agents"]

    assert body["examples"] == ["Plan it."]
    assert [agent["name"] for agent in agents] == ["supervisor", "planner"]
    assert set(agents[0]) == {"name", "description", "capabilities", "status"}

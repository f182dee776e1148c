"""`GET /api/v1/runs/{id}/events` on a real port."""

import asyncio
from types import SimpleNamespace
from typing import Any

import httpx
import pytest


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    return {
        **environment,
        "SEATRIAL_HEARTBEAT_SECONDS": "0.2",
        "SEATRIAL_GRACE_SECONDS": "1.5",
        "SEATRIAL_STREAMS_PER_USER": "2",
    }


async def start(http: httpx.AsyncClient, message: str, thread: str = "t1") -> str:
    answer = await http.post(f"/api/v1/threads/{thread}/runs", json={"message": message})
    assert answer.status_code == 202, answer.text
    assert set(answer.json()) == {"run_id", "thread_id", "status"}
    return str(answer.json()["run_id"])


async def lines_of(http: httpx.AsyncClient, path: str, **request: Any) -> list[str]:
    async with http.stream("GET", path, **request) as answer:
        assert answer.status_code == 200
        return [line async for line in answer.aiter_lines()]


def numbers(lines: list[str]) -> list[int]:
    return [int(line.removeprefix("id: ")) for line in lines if line.startswith("id: ")]


@pytest.fixture
async def http(server: SimpleNamespace, ann: dict[str, str]) -> Any:
    async with httpx.AsyncClient(verify=False, base_url=server.url, headers=ann) as client:
        yield client


async def test_a_run_is_followed_live_to_its_final_event(http: httpx.AsyncClient, backend: Any) -> None:
    run_id = await start(http, "wait gate")
    asyncio.get_running_loop().call_later(0.1, backend.executor.gate("gate").set)

    lines = await lines_of(http, f"/api/v1/runs/{run_id}/events")

    assert numbers(lines) == list(range(1, len(numbers(lines)) + 1))
    assert '"final":true' in [line for line in lines if line.startswith("data: ")][-1]


async def test_silence_is_filled_with_comments(http: httpx.AsyncClient, backend: Any) -> None:
    run_id = await start(http, "wait gate")
    asyncio.get_running_loop().call_later(0.7, backend.executor.gate("gate").set)

    lines = await lines_of(http, f"/api/v1/runs/{run_id}/events")

    assert len([line for line in lines if line.startswith(":")]) >= 2


async def test_the_stream_goes_on_after_the_last_event_id(http: httpx.AsyncClient) -> None:
    run_id = await start(http, "hello")
    whole = numbers(await lines_of(http, f"/api/v1/runs/{run_id}/events"))

    rest = await lines_of(http, f"/api/v1/runs/{run_id}/events", headers={"Last-Event-ID": "3"})

    assert numbers(rest) == whole[3:]


async def test_after_wins_over_the_last_event_id(http: httpx.AsyncClient) -> None:
    run_id = await start(http, "hello")
    whole = numbers(await lines_of(http, f"/api/v1/runs/{run_id}/events"))

    rest = await lines_of(http, f"/api/v1/runs/{run_id}/events?after=5", headers={"Last-Event-ID": "1"})

    assert numbers(rest) == whole[5:]


async def test_nothing_left_of_a_finished_run_is_204(http: httpx.AsyncClient) -> None:
    run_id = await start(http, "hello")
    last = numbers(await lines_of(http, f"/api/v1/runs/{run_id}/events"))[-1]

    for after in (last, last + 100):
        answer = await http.get(f"/api/v1/runs/{run_id}/events?after={after}")
        assert answer.status_code == 204


@pytest.mark.parametrize(
    ("query", "header"),
    [("?after=-1", ""), ("?after=x", ""), ("", "x"), ("", "-1"), ("", "9" * 30), ("", "0" * 17)],
)
async def test_a_wrong_starting_point_is_422(http: httpx.AsyncClient, query: str, header: str) -> None:
    run_id = await start(http, "hello")

    answer = await http.get(f"/api/v1/runs/{run_id}/events{query}", headers={"Last-Event-ID": header})

    assert answer.status_code == 422
    assert answer.json()["fields"][0]["field"] in {"after", "Last-Event-ID"}


async def test_two_viewers_see_the_same_events(http: httpx.AsyncClient, backend: Any) -> None:
    run_id = await start(http, "wait gate")
    asyncio.get_running_loop().call_later(0.1, backend.executor.gate("gate").set)

    first, second = await asyncio.gather(*(lines_of(http, f"/api/v1/runs/{run_id}/events") for _ in "ab"))

    assert [x for x in first if not x.startswith(":")] == [x for x in second if not x.startswith(":")]


async def test_a_client_that_leaves_in_mid_run_loses_nothing(
    server: SimpleNamespace, http: httpx.AsyncClient, ann: dict[str, str], backend: Any
) -> None:
    async with (
        httpx.AsyncClient(
            verify=False, base_url=server.url, headers={**ann, "Accept": "text/event-stream"}
        ) as leaver,
        leaver.stream("POST", "/api/v1/message", json={"message": "wait gate"}) as answer,
    ):
        data = [line async for line in first_lines(answer, 3)][2]
    run_id = data.split('"run_id":"')[1].split('"')[0]
    backend.executor.gate("gate").set()

    lines = await lines_of(http, f"/api/v1/runs/{run_id}/events?after=0")

    assert '"final":true' in lines[-2]
    assert (await http.get(f"/api/v1/runs/{run_id}")).json()["status"] == "completed"


async def first_lines(answer: httpx.Response, count: int) -> Any:
    async for line in answer.aiter_lines():
        yield line
        count -= 1
        if not count:
            return


async def test_a_user_follows_no_more_runs_than_allowed(
    http: httpx.AsyncClient, backend: Any, bob: dict[str, str]
) -> None:
    events = f"/api/v1/runs/{await start(http, 'wait gate')}/events"
    async with http.stream("GET", events), http.stream("GET", events):
        third = await http.get(events)
        asked = await http.post(
            "/api/v1/message", json={"message": "hello"}, headers={"Accept": "text/event-stream"}
        )
        threads = (await http.get("/api/v1/threads")).json()["threads"]
        other = await http.post(
            "/api/v1/message", json={"message": "hello"}, headers={**bob, "Accept": "text/event-stream"}
        )
        backend.executor.gate("gate").set()

    assert (third.status_code, asked.status_code, other.status_code) == (429, 429, 200)
    assert "2 runs" in third.json()["detail"]
    assert [thread["thread_id"] for thread in threads] == ["t1"]
    assert await lines_of(http, events)


async def test_open_streams_are_counted_down_again(http: httpx.AsyncClient) -> None:
    run_id = await start(http, "hello")
    await lines_of(http, f"/api/v1/runs/{run_id}/events")

    assert "seatrial_streams 0.0" in (await http.get("/metrics")).text


async def test_streams_end_when_the_server_leaves(
    http: httpx.AsyncClient, server: SimpleNamespace, backend: Any
) -> None:
    run_id = await start(http, "wait gate")
    asyncio.get_running_loop().call_later(0.1, setattr, server.uvicorn, "should_exit", True)

    lines = await asyncio.wait_for(lines_of(http, f"/api/v1/runs/{run_id}/events"), 3)

    assert numbers(lines)[-1] == 4
    assert backend.store.name
    await asyncio.wait_for(server.task, 10)


async def test_an_answer_that_the_departure_overtakes_is_503_with_its_run(
    http: httpx.AsyncClient, server: SimpleNamespace, backend: Any
) -> None:
    asking = asyncio.create_task(http.post("/api/v1/message", json={"message": "wait forever"}, timeout=10))
    await asyncio.wait_for(backend.executor.waiting.wait(), 5)
    server.uvicorn.should_exit = True

    answer = await asking

    assert (answer.status_code, answer.json()["run_id"]) == (503, backend.executor.runs[0])
    assert "retry-after" in answer.headers
    await asyncio.wait_for(server.task, 10)


async def test_an_answer_that_comes_in_time_is_given_in_spite_of_the_departure(
    http: httpx.AsyncClient, server: SimpleNamespace, backend: Any
) -> None:
    asking = asyncio.create_task(http.post("/api/v1/message", json={"message": "wait gate"}, timeout=10))
    await asyncio.wait_for(backend.executor.waiting.wait(), 5)
    server.uvicorn.should_exit = True
    asyncio.get_running_loop().call_later(0.3, backend.executor.gate("gate").set)

    assert (await asking).status_code == 200

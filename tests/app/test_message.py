"""`POST /api/v1/message` and what comes of it."""

import json

import httpx


async def test_a_message_is_answered_with_its_thread_and_run(
    client: httpx.AsyncClient, ann: dict[str, str]
) -> None:
    answer = await client.post("/api/v1/message", json={"message": "hello", "context": {"a": 1}}, headers=ann)

    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["message"] == "You said: hello"
    assert body["completed"] is True
    assert body["context"] == {"echo": {"a": 1}}
    assert set(body) == {"message", "thread_id", "context", "completed", "run_id"}


async def test_a_partial_answer_says_what_is_missing(client: httpx.AsyncClient, ann: dict[str, str]) -> None:
    body = (await client.post("/api/v1/message", json={"message": "part"}, headers=ann)).json()

    assert body["completed"] is False
    assert body["context"]["missing"] == ["The weather is missing."]


async def test_an_accepted_event_stream_gets_the_events(
    client: httpx.AsyncClient, ann: dict[str, str]
) -> None:
    answer = await client.post(
        "/api/v1/message", json={"message": "hello"}, headers={**ann, "Accept": "text/event-stream"}
    )

    assert answer.headers["content-type"].startswith("text/event-stream")
    blocks = [block.splitlines() for block in answer.text.strip().split("\n\n")]
    events = [json.loads(lines[2].removeprefix("data: ")) for lines in blocks]
    assert [lines[0] for lines in blocks] == [f"id: {n}" for n in range(1, len(blocks) + 1)]
    assert [lines[1] for lines in blocks] == [f"event: {event['type']}" for event in events]
    assert [event.get("final") for event in events] == [None] * (len(events) - 1) + [True]

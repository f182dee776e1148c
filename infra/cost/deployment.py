"""Reading a deployment's own counts: `/metrics`, and the threads of the users whose tokens are given."""

from collections.abc import Sequence
from typing import Any

import httpx

from infra.cost.collect import CollectError, Threads

PAGE = 100
MOST_THREADS = 500


def metrics(http: httpx.Client, token: str | None) -> str:
    """Return the text of `/metrics`; raise CollectError."""
    answer = http.get("/metrics", headers=_bearer(token))
    if answer.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        raise CollectError(
            "/metrics wants a user: give --token, or set SEATRIAL_METRICS_OPEN where only operators reach it"
        )
    if answer.status_code != httpx.codes.OK:
        raise CollectError(f"/metrics gave HTTP {answer.status_code}: {answer.text[:200]}")
    return answer.text


def threads(http: httpx.Client, tokens: Sequence[str]) -> Threads | None:
    """Return how many threads these users have and what they wrote in them; None without a user."""
    counted = [_threads_of(http, token) for token in tokens]
    if not counted:
        return None
    return Threads(sum(one.threads for one in counted), sum(one.messages for one in counted))


def _threads_of(http: httpx.Client, token: str) -> Threads:
    ids: list[str] = []
    cursor: str | None = None
    while len(ids) < MOST_THREADS:
        asked = {"limit": str(PAGE), **({"cursor": cursor} if cursor else {})}
        page = _json(http, "/api/v1/threads", token, asked)
        ids += [thread["thread_id"] for thread in page["threads"]]
        cursor = page.get("next_cursor")
        if cursor is None:
            break
    written = [_written(_json(http, f"/api/v1/threads/{name}", token)) for name in ids[:MOST_THREADS]]
    return Threads(len(written), sum(written))


def _written(thread: dict[str, Any]) -> int:
    return sum(message.get("role") == "user" for message in thread["messages"])


def _json(
    http: httpx.Client, path: str, token: str, parameters: dict[str, str] | None = None
) -> dict[str, Any]:
    answer = http.get(path, params=parameters, headers=_bearer(token))
    if answer.status_code != httpx.codes.OK:
        raise CollectError(f"{path} gave HTTP {answer.status_code}: {answer.text[:200]}")
    found: dict[str, Any] = answer.json()
    return found


def _bearer(token: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}

"""Every error a client can cause, in the one form."""

from typing import Any

import httpx
import pytest

from app.tickets.secrets import SecretBook
from frmk.errors import StoreError

MESSAGE = "/api/v1/message"
JSON = {"Content-Type": "application/json"}


def check(answer: httpx.Response, status: int, error: str | None = None) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert set(body) <= {"error", "detail", "fields", "run_id", "thread_id"}
    assert body["detail"]
    assert error in (None, body["error"])
    assert "Traceback" not in answer.text
    return dict(body)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"message": NaN}',
        b'{"message": "x", "context": {"a": Infinity}}',
        b'{"message": "x", "context": {"a": 1e999}}',
        b'{"message": "\\ud800"}',
        b'{"message": "\xff"}',
        b"[" * 1_000 + b"]" * 1_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"message": ' + b"9" * 5_000 + b"}",
        b'"' + b'\\"' * 200_000,
    ],
)
async def test_json_that_is_not_strict_or_too_deep_is_400(
    client: httpx.AsyncClient, ann: dict[str, str], body: bytes
) -> None:
    check(await client.post(MESSAGE, content=body, headers=ann | JSON), 400, "MalformedJsonError")


async def test_json_as_deep_as_allowed_is_taken(client: httpx.AsyncClient, ann: dict[str, str]) -> None:
    deep = b'{"message": "x", "context": {"a": ' + b"[" * 60 + b"]" * 60 + b"}}"

    assert (await client.post(MESSAGE, content=deep, headers=ann | JSON)).status_code == 200


async def test_brackets_inside_strings_are_no_depth(client: httpx.AsyncClient, ann: dict[str, str]) -> None:
    answer = await client.post(MESSAGE, json={"message": "[" * 500 + '\\"{'}, headers=ann)

    assert answer.status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
async def test_another_media_type_is_415(
    client: httpx.AsyncClient, ann: dict[str, str], kind: str | None
) -> None:
    headers = ann | ({"Content-Type": kind} if kind else {})

    check(
        await client.post(MESSAGE, content=b'{"message": "x"}', headers=headers),
        415,
        "UnsupportedMediaTypeError",
    )


async def test_another_method_is_405_with_the_allowed_ones(
    client: httpx.AsyncClient, ann: dict[str, str]
) -> None:
    answer = await client.get(MESSAGE, headers=ann)

    check(answer, 405, "MethodNotAllowedError")
    assert answer.headers["allow"] == "POST"


async def test_an_unknown_address_is_404(client: httpx.AsyncClient, ann: dict[str, str]) -> None:
    check(await client.get("/nowhere", headers=ann), 404, "NotFoundError")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "message"),
        ({"message": 5}, "message"),
        ({"message": ""}, "message"),
        ({"message": "   "}, "message"),
        ({"message": "x" * 32_001}, "message"),
        ({"message": "x", "thread_id": ".."}, "thread_id"),
        ({"message": "x", "thread_id": "a/b"}, "thread_id"),
        ({"message": "x", "thread_id": "a\u0000b"}, "thread_id"),
        ({"message": "x", "thread_id": "x" * 129}, "thread_id"),
        ({"message": "x", "thread_id": ""}, "thread_id"),
        ({"message": "x", "context": []}, "context"),
        ({"message": "x", "goal": "unknown"}, "goal"),
        ([], "body"),
    ],
)
async def test_a_wrong_field_is_422_and_named(
    client: httpx.AsyncClient, ann: dict[str, str], body: Any, field: str
) -> None:
    seen = check(await client.post(MESSAGE, json=body, headers=ann), 422)

    assert [problem["field"] for problem in seen["fields"]] == [field]


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "cursor=%00", "cursor=nonsense"])
async def test_a_wrong_query_of_the_list_is_422(
    client: httpx.AsyncClient, ann: dict[str, str], query: str
) -> None:
    check(await client.get(f"/api/v1/threads?{query}", headers=ann), 422)


@pytest.mark.parametrize(
    "path", ["threads/unknown", "runs/run-unknown", "runs/run-unknown/events", "runs/%00"]
)
async def test_what_is_unknown_is_404(client: httpx.AsyncClient, ann: dict[str, str], path: str) -> None:
    check(await client.get(f"/api/v1/{path}", headers=ann), 404)


async def test_a_thread_id_with_control_characters_is_422_and_shown(
    client: httpx.AsyncClient, ann: dict[str, str]
) -> None:
    seen = check(await client.get("/api/v1/threads/a%07b", headers=ann), 422)

    assert "\\x07" in seen["detail"]


async def test_a_failed_run_is_503_under_its_own_name(client: httpx.AsyncClient, ann: dict[str, str]) -> None:
    seen = check(await client.post(MESSAGE, json={"message": "fail"}, headers=ann), 503, "ModelError")

    assert seen["run_id"]


async def test_a_defect_of_the_executor_does_not_show_its_inside(
    client: httpx.AsyncClient, ann: dict[str, str]
) -> None:
    answer = await client.post(MESSAGE, json={"message": "crash"}, headers=ann)

    assert answer.status_code in {500, 503}
    check(answer, answer.status_code)


async def test_a_defect_of_the_server_is_a_plain_500(
    client: httpx.AsyncClient, ann: dict[str, str], backend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> None:
        raise ZeroDivisionError("inside")

    monkeypatch.setattr(backend.store, "threads", broken)

    answer = await client.get("/api/v1/threads", headers=ann)

    assert "inside" not in answer.text
    check(answer, 500, "InternalError")


@pytest.mark.parametrize("path", [MESSAGE, "/api/v1/tickets"])
async def test_a_store_that_fails_while_signing_in_is_503_by_name(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(SecretBook, "session_user", _store_is_gone)

    answer = await client.post(path, json={"message": "x"}, headers={"Cookie": "seatrial_session=x"})

    check(answer, 503, "StoreError")


async def _store_is_gone(*_: Any) -> None:
    raise StoreError("it is gone", store="memory")


async def test_errors_carry_the_security_headers(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/threads")

    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"

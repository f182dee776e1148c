"""Bodies that are too large, on a real port: the client sees the answer, not a reset."""

from collections.abc import AsyncIterator
from types import SimpleNamespace

import httpx
import pytest

JSON = {"Content-Type": "application/json"}


async def chunks(count: int) -> AsyncIterator[bytes]:
    yield b'{"message": "'
    for _ in range(count):
        yield b"x" * 65_536
    yield b'"}'


@pytest.mark.parametrize("size", [1_100_000, 10_000_000])
async def test_a_body_above_the_bound_is_413(server: SimpleNamespace, ann: dict[str, str], size: int) -> None:
    async with httpx.AsyncClient(verify=False, base_url=server.url, headers=ann) as http:
        answer = await http.post("/api/v1/message", json={"message": "x" * size})

        assert (answer.status_code, answer.json()["error"]) == (413, "BodyTooLargeError")
        assert f"{size + 14:,}" in answer.json()["detail"]
        assert (await http.get("/api/v1/threads")).status_code == 200


async def test_a_chunked_body_above_the_bound_is_413(server: SimpleNamespace, ann: dict[str, str]) -> None:
    async with httpx.AsyncClient(verify=False, base_url=server.url, headers=ann | JSON) as http:
        answer = await http.post("/api/v1/message", content=chunks(160))

        assert (answer.status_code, answer.json()["error"]) == (413, "BodyTooLargeError")


async def test_a_chunked_body_within_the_bound_is_taken(server: SimpleNamespace, ann: dict[str, str]) -> None:
    async with httpx.AsyncClient(verify=False, base_url=server.url, headers=ann | JSON) as http:
        answer = await http.post("/api/v1/message", content=chunks(0))

        assert answer.json()["fields"][0]["field"] == "message"


async def test_a_large_body_from_nobody_is_401(server: SimpleNamespace) -> None:
    async with httpx.AsyncClient(verify=False, base_url=server.url) as http:
        answer = await http.post("/api/v1/message", json={"message": "x" * 2_000_000})

        assert answer.status_code == 401


async def test_ten_megabytes_from_nobody_are_401(server: SimpleNamespace) -> None:
    async with httpx.AsyncClient(verify=False, base_url=server.url, headers=JSON) as http:
        answer = await http.post("/api/v1/message", content=chunks(160))

        assert answer.status_code == 401

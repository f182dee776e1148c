"""The service itself: it is up, and it turns strangers away."""

import asyncio

from websockets.exceptions import ConnectionClosed

from infra.verify.client import AppClient
from infra.verify.ledger import Outcome
from infra.verify.report import CheckFailedError
from infra.verify.visit import Visit

NOT_AUTHENTICATED = 4401
PROTECTED = (
    ("GET", "/api/v1/threads"),
    ("GET", "/api/v1/agents"),
    ("POST", "/api/v1/message"),
    ("POST", "/api/v1/tickets"),
)


async def health(visit: Visit) -> Outcome[None]:
    """Expect a healthy service that is ready, without a token."""
    answer = await visit.nobody.ask("GET", "/health", expect=(200,))
    ready = await visit.nobody.ask("GET", "/health/ready", expect=(200,))
    body = answer.json()
    if body["status"] != "healthy":
        raise CheckFailedError(f"/health says {body['status']!r}, expected 'healthy'", health=body)
    return Outcome(
        value=None,
        detail=f"{body['service']} {body['version']} is healthy and ready",
        evidence={"health": body, "ready": ready.json()},
    )


async def refusal(visit: Visit) -> Outcome[None]:
    """Expect 401 without a token and with a made-up one, and close code 4401 on the WebSocket."""
    forged = AppClient(http=visit.nobody.http, token="eyJhbGciOiJub25lIn0.eyJzdWIiOiJldmUifQ.")  # noqa: S106  # unsigned
    body = {"message": "let me in"}
    asked = [
        person.ask(method, path, json=body if method == "POST" else None, expect=(401,))
        for person in (visit.nobody, forged)
        for method, path in PROTECTED
    ]
    _, codes = await asyncio.gather(asyncio.gather(*asked), _close_codes(visit.nobody, forged))
    if set(codes) != {NOT_AUTHENTICATED}:
        raise CheckFailedError(
            f"the WebSocket closed with {codes} without a valid token, expected {NOT_AUTHENTICATED}",
            codes=codes,
        )
    return Outcome(
        value=None,
        detail=f"{len(asked)} requests without a valid token gave 401, two sockets closed with 4401",
        evidence={"refused": [f"{method} {path}" for method, path in PROTECTED], "close_codes": codes},
    )


async def _close_codes(*people: AppClient) -> list[int | None]:
    return list(await asyncio.gather(*(_close_code(person) for person in people)))


async def _close_code(person: AppClient) -> int | None:
    async with person.socket() as socket:
        try:
            frame = await socket.recv()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None
    raise CheckFailedError(f"the WebSocket answered someone without a valid token: {frame!r:.200}")

"""Who is believed, on every transport."""

import asyncio
import json
import time
from typing import Any

import httpx
import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from websockets.asyncio.client import connect
from websockets.typing import Origin

from app.key_sources import DOCUMENT_BYTES

THREADS = "/api/v1/threads"


async def test_without_a_token_only_the_open_addresses_answer(client: httpx.AsyncClient) -> None:
    for path in ("/health", "/health/live", "/health/ready", "/health/startup", "/openapi.json", "/"):
        assert (await client.get(path)).status_code == 200, path
    for path in (THREADS, "/api/v1/agents", "/api/v1/runs/x", "/metrics"):
        assert (await client.get(path)).status_code == 401, path


async def test_a_refusal_names_the_way_in(client: httpx.AsyncClient) -> None:
    answer = await client.get(THREADS)

    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["error"] == "UnauthenticatedError"


async def test_the_token_is_asked_for_before_the_body_is_read(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/message", content=b"{nonsense")

    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": -60}, "expired"),
        ({"nbf": 600}, "not valid yet"),
        ({"exp": None}, "lacks a required claim"),
        ({"sub": None}, "lacks a required claim"),
        ({"sub": "a\nb"}, "subject"),
        ({"sub": ""}, "subject"),
    ],
)
async def test_a_token_with_wrong_claims_is_refused(
    client: httpx.AsyncClient, signer: Any, claims: dict[str, Any], reason: str
) -> None:
    # Moments are seconds from now: what is collected may run much later.
    now = time.time()
    given = {name: now + value if isinstance(value, int) else value for name, value in claims.items()}

    answer = await client.get(THREADS, headers=signer.bearer("ann", **given))

    assert answer.status_code == 401
    assert reason in answer.json()["detail"]


async def test_a_strangers_key_is_refused(client: httpx.AsyncClient, signer: Any) -> None:
    for stranger in (type(signer)("dev"), type(signer)("other")):
        assert (await client.get(THREADS, headers=stranger.bearer("ann"))).status_code == 401


async def test_an_algorithm_that_the_key_does_not_have_is_refused(client: httpx.AsyncClient) -> None:
    claims = {"sub": "ann", "exp": time.time() + 60}
    unsigned = jwt.encode(claims, "", algorithm="none", headers={"kid": "dev"})
    symmetric = jwt.encode(claims, "x" * 64, algorithm="HS256", headers={"kid": "dev"})

    for token in (unsigned, symmetric, "not.a.token", "", "é"):
        answer = await client.get(THREADS, headers=[(b"Authorization", f"Bearer {token}".encode())])
        assert answer.status_code == 401, token


async def test_another_scheme_does_not_fall_back_to_the_cookie(
    client: httpx.AsyncClient, ann: dict[str, str]
) -> None:
    session = await open_page(client, ann)

    answer = await client.get(
        THREADS, headers={"Authorization": "Basic x", "Cookie": f"seatrial_session={session}"}
    )

    assert answer.status_code == 401


async def test_user_id_in_the_body_and_header_is_ignored(
    client: httpx.AsyncClient, ann: dict[str, str], bob: dict[str, str]
) -> None:
    body = {"message": "hello", "thread_id": "mine", "user_id": "bob"}
    await client.post("/api/v1/message", json=body, headers={**ann, "X-User-Id": "bob"})

    assert (await client.get(f"{THREADS}/mine", headers=bob)).status_code == 404
    assert (await client.get(f"{THREADS}/mine", headers=ann)).status_code == 200


async def open_page(client: httpx.AsyncClient, user: dict[str, str]) -> str:
    ticket = (await client.post("/api/v1/tickets", headers=user)).json()["ticket"]
    answer = await client.get(f"/?ticket={ticket}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    client.cookies.clear()
    return cookie.split("seatrial_session=")[1].split(";")[0]


async def test_a_ticket_is_short_and_good_once(client: httpx.AsyncClient, ann: dict[str, str]) -> None:
    answer = await client.post("/api/v1/tickets", headers=ann)
    assert (answer.status_code, answer.json()["expires_in"]) == (201, 30)
    ticket = answer.json()["ticket"]

    assert (await client.get(f"/?ticket={ticket}")).status_code == 303
    client.cookies.clear()
    assert (await client.get(f"/?ticket={ticket}")).status_code == 401


async def test_the_session_cookie_signs_the_page_in(client: httpx.AsyncClient, ann: dict[str, str]) -> None:
    cookie = {"Cookie": f"seatrial_session={await open_page(client, ann)}"}
    await client.post("/api/v1/message", json={"message": "hi", "thread_id": "t"}, headers=cookie)

    assert (await client.get(f"{THREADS}/t", headers=ann)).status_code == 200


async def test_a_used_ticket_does_not_end_a_good_session(
    client: httpx.AsyncClient, ann: dict[str, str]
) -> None:
    cookie = {"Cookie": f"seatrial_session={await open_page(client, ann)}"}

    assert (await client.get("/?ticket=used", headers=cookie)).status_code == 303


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-site"}, 401),
        ({"Sec-Fetch-Site": "cross-site"}, 401),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "http://localhost:9999"}, 401),
        ({"Origin": "null"}, 401),
        ({"Origin": "http://[nonsense"}, 401),
        ({"Origin": "http://app.test"}, 200),
        ({"Origin": "http://outside.test", "X-Forwarded-Host": "outside.test"}, 200),
    ],
)
async def test_a_session_counts_for_its_own_page_alone(
    client: httpx.AsyncClient, ann: dict[str, str], headers: dict[str, str], status: int
) -> None:
    session = await open_page(client, ann)

    answer = await client.get(THREADS, headers={"Cookie": f"seatrial_session={session}", **headers})

    assert answer.status_code == status


class TestOpen:
    @pytest.fixture
    def environment(self) -> dict[str, str]:
        return {"SEATRIAL_AUTH": "open"}

    async def test_the_user_is_the_bodys_then_the_headers_then_local(self, client: httpx.AsyncClient) -> None:
        for thread, body, headers in (
            ("one", {"user_id": "ann"}, {"X-User-Id": "bob"}),
            ("two", {}, {"X-User-Id": "bob"}),
            ("three", {}, {}),
        ):
            message = {"message": "hello", "thread_id": thread, **body}
            assert (await client.post("/api/v1/message", json=message, headers=headers)).status_code == 200

        seen = {}
        for user in ("ann", "bob", "local"):
            threads = (await client.get(THREADS, headers={"X-User-Id": user})).json()["threads"]
            seen[user] = [thread["thread_id"] for thread in threads]
        assert seen == {"ann": ["one"], "bob": ["two"], "local": ["three"]}

    async def test_a_user_id_out_of_bounds_is_422(self, client: httpx.AsyncClient) -> None:
        answer = await client.post("/api/v1/message", json={"message": "x", "user_id": "a b"})

        assert (answer.status_code, answer.json()["fields"][0]["field"]) == (422, "user_id")

    async def test_another_sites_page_may_do_nothing(self, client: httpx.AsyncClient) -> None:
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.test"}):
            assert (await client.get(THREADS, headers=headers)).status_code == 401
        assert (await client.get(THREADS, headers={"Origin": "http://app.test"})).status_code == 200

    async def test_another_sites_page_opens_no_socket(self, server: Any) -> None:
        async with connect(server.ws, origin=Origin("http://evil.test")) as socket:
            await asyncio.wait_for(socket.wait_closed(), 5)

        assert socket.close_code == 4401

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", THREADS, 200),
            ("GET", "/metrics", 200),
            ("POST", "/api/v1/tickets", 201),
            ("POST", "/api/v1/runs/run-unknown/cancel", 404),
        ],
    )
    async def test_a_content_type_without_a_body_changes_nothing(
        self, client: httpx.AsyncClient, method: str, path: str, status: int
    ) -> None:
        answer = await client.request(method, path, headers={"Content-Type": "application/json"})

        assert answer.status_code == status, answer.text


class TestEntra:
    """An issuer of our own that serves its keys over HTTP."""

    @pytest.fixture
    async def issuer(self) -> Any:
        issuer = Issuer()
        runner = web.AppRunner(issuer.app())
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        issuer.url = f"http://127.0.0.1:{runner.addresses[0][1]}/keys"
        yield issuer
        await runner.cleanup()

    @pytest.fixture
    def environment(self, issuer: Any) -> dict[str, str]:
        return {
            "SEATRIAL_AUTH": "entra",
            "AUTH_ISSUER": "https://issuer.test/v2.0",
            "AUTH_AUDIENCE": "api://seatrial",
            "AUTH_JWKS_URL": issuer.url,
        }

    async def test_a_token_of_the_issuer_is_believed_and_its_keys_are_kept(
        self, client: httpx.AsyncClient, issuer: Any
    ) -> None:
        for _ in range(3):
            assert (await client.get(THREADS, headers=issuer.bearer())).status_code == 200

        assert issuer.asked == 1

    @pytest.mark.parametrize("claims", [{"iss": "https://other.test"}, {"aud": "api://other"}, {"aud": None}])
    async def test_another_issuer_or_audience_is_refused(
        self, client: httpx.AsyncClient, issuer: Any, claims: dict[str, Any]
    ) -> None:
        assert (await client.get(THREADS, headers=issuer.bearer(**claims))).status_code == 401

    async def test_keys_that_come_in_pieces_and_kinds_of_tomorrow_are_read(
        self, client: httpx.AsyncClient, issuer: Any
    ) -> None:
        issuer.pieces = True
        issuer.others = [{"kty": "AKP", "kid": "tomorrow", "use": "sig"}]

        assert (await client.get(THREADS, headers=issuer.bearer())).status_code == 200

    async def test_keys_without_end_are_not_read(self, client: httpx.AsyncClient, issuer: Any) -> None:
        issuer.others = [{"kty": "AKP", "kid": "x" * DOCUMENT_BYTES}]

        assert (await client.get(THREADS, headers=issuer.bearer())).status_code == 503

    async def test_unknown_key_ids_do_not_flood_the_issuer(
        self, client: httpx.AsyncClient, issuer: Any
    ) -> None:
        for number in range(5):
            answer = await client.get(THREADS, headers=issuer.bearer(kid=f"k{number}"))
            assert answer.status_code == 401

        assert issuer.asked == 1

    async def test_an_issuer_without_keys_is_503_by_name(
        self, client: httpx.AsyncClient, issuer: Any
    ) -> None:
        issuer.broken = True

        answer = await client.get(THREADS, headers=issuer.bearer())

        assert (answer.status_code, answer.json()["error"]) == (503, "UnavailableError")
        assert "identity provider" in answer.json()["detail"]


class Issuer:
    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.asked = 0
        self.broken = False
        self.pieces = False
        self.others: list[dict[str, str]] = []
        self.url = ""

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/keys", self._keys)
        return app

    async def _keys(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        if self.broken:
            return web.Response(status=500)
        public = json.loads(RSAAlgorithm.to_jwk(self.key.public_key()))
        document = {"keys": [{**public, "kid": "one", "use": "sig"}, *self.others]}
        if not self.pieces:
            return web.json_response(document)
        answer = web.StreamResponse()
        await answer.prepare(request)
        text = json.dumps(document).encode()
        for piece in (text[:50], text[50:]):
            await answer.write(piece)
            await asyncio.sleep(0.05)
        return answer

    def bearer(self, kid: str = "one", **claims: Any) -> dict[str, str]:
        body = {"sub": "ann", "iss": "https://issuer.test/v2.0", "aud": "api://seatrial", **claims}
        body = {"exp": time.time() + 60, **{name: value for name, value in body.items() if value}}
        return {
            "Authorization": "Bearer " + jwt.encode(body, self.key, algorithm="RS256", headers={"kid": kid})
        }


class TestBounds:
    @pytest.fixture
    def environment(self, environment: dict[str, str]) -> dict[str, str]:
        return {
            **environment,
            "SEATRIAL_RATE_PER_SECOND": "0.5",
            "SEATRIAL_RATE_BURST": "3",
            "SEATRIAL_AUTH_FAILURES_PER_MINUTE": "3",
        }

    async def test_a_user_above_the_rate_is_told_when_to_come_back(
        self, client: httpx.AsyncClient, ann: dict[str, str], bob: dict[str, str]
    ) -> None:
        statuses = [(await client.get(THREADS, headers=ann)).status_code for _ in range(3)]
        answer = await client.get(THREADS, headers=ann)

        assert statuses == [200, 200, 200]
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
        assert (await client.get(THREADS, headers=bob)).status_code == 200

    async def test_failures_to_sign_in_are_bounded_by_address(
        self, client: httpx.AsyncClient, ann: dict[str, str]
    ) -> None:
        statuses = [(await client.get(THREADS)).status_code for _ in range(4)]

        assert statuses == [401, 401, 401, 429]
        assert (await client.get(THREADS, headers=ann)).status_code == 200

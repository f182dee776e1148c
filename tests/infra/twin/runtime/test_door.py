"""The sign-in in front of an app, between real sockets and with the twin's own tokens."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from infra.twin.arm.behaviour import Resource
from infra.twin.arm.ids import ResourceId
from infra.twin.arm.store import DiskStore
from infra.twin.identity.keys import SigningKey
from infra.twin.identity.tokens import Directory
from infra.twin.runtime.door import SignIn
from infra.twin.runtime.ingress import Ingress
from tests.infra.twin.runtime.conftest import APP_ID
from tests.infra.twin.runtime.test_ingress import Router, router, upstream

__all__ = ["router", "upstream"]
CLIENT = "22222222-2222-4222-8222-222222222222"
ISSUER = "https://login.microsoftonline.com/11111111-1111-1111-1111-111111111111/v2.0"
BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}


class Door:
    """Set the sign-in of an app, and knock."""

    def __init__(self, url: str, state: DiskStore, directory: Directory) -> None:
        self.url, self.state, self.directory = url, state, directory

    def shut(self, action: str = "RedirectToLoginPage", *, enabled: bool = True) -> None:
        registration = {"clientId": CLIENT, "openIdIssuer": ISSUER}
        audiences = {"allowedAudiences": [CLIENT, "api://seatrial"]}
        provider = {"registration": registration, "validation": audiences}
        properties = {
            "platform": {"enabled": enabled},
            "globalValidation": {"unauthenticatedClientAction": action, "excludedPaths": ["/health"]},
            "identityProviders": {"azureActiveDirectory": provider},
        }
        path = ResourceId.parse(f"{APP_ID}/authConfigs/current")
        self.state.put(Resource(id=path, api_version="1", body={"properties": properties}))

    def token(self, audience: str = "api://seatrial", issuer: str = ISSUER) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.directory.issue_user('ana', audience, issuer)}"}

    async def knock(self, path: str = "/", **headers: str) -> tuple[int, Any]:
        async with aiohttp.ClientSession() as http:
            asked = http.get(self.url + path, headers=headers, allow_redirects=False)
            async with asked as answer:
                body = await answer.json() if answer.status == 200 else dict(answer.headers)
                return answer.status, body


@pytest.fixture(scope="module")
def directory() -> Directory:
    key = SigningKey(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    return Directory(key=key, tenant="11111111-1111-1111-1111-111111111111", authority="http://localhost")


@pytest.fixture
async def door(router: Router, directory: Directory, tmp_path: Path) -> AsyncIterator[Door]:
    state = DiskStore.open(tmp_path / "arm.json")
    ingress = Ingress(limit=5.0)
    await ingress.open(router, door=SignIn(APP_ID, state, directory))
    yield Door(f"http://localhost:{ingress.port}", state, directory)
    await ingress.close()
    ingress.release()


async def test_an_app_without_a_sign_in_lets_in_whoever_comes(door: Door) -> None:
    assert (await door.knock())[0] == 200
    door.shut(enabled=False)
    assert (await door.knock())[0] == 200


async def test_a_browser_is_sent_to_sign_in_and_a_program_is_told_401(door: Door) -> None:
    door.shut()

    browser, sent = await door.knock("/chat?a=1", **BROWSER)
    program, told = await door.knock()
    onward, there = await door.knock(sent["Location"], **BROWSER)

    assert (browser, program, onward) == (302, 401, 302)
    assert sent["Location"] == "/.auth/login/aad?post_login_redirect_uri=%2Fchat%3Fa%3D1"
    assert told["WWW-Authenticate"].startswith("Bearer")
    assert there["Location"].startswith(ISSUER.removesuffix("/v2.0") + "/oauth2/v2.0/authorize?")
    assert f"client_id={CLIENT}" in there["Location"]


async def test_where_401_is_asked_for_a_browser_gets_it_too(door: Door) -> None:
    door.shut("Return401")

    assert (await door.knock(**BROWSER))[0] == 401
    assert (await door.knock("/health"))[0] == 200
    assert (await door.knock("/healthy"))[0] == 401


async def test_who_has_a_token_is_passed_on_with_what_it_says(door: Door) -> None:
    door.shut()

    status, seen = await door.knock(**door.token())

    assert status == 200
    assert seen["headers"]["X-MS-CLIENT-PRINCIPAL-NAME"] == "ana"
    assert seen["headers"]["Authorization"].startswith("Bearer ")


async def test_another_audience_another_issuer_and_a_made_up_token_are_strangers(door: Door) -> None:
    door.shut()

    for headers in (
        door.token(audience="api://other"),
        door.token(issuer="https://other/v2.0"),
        {"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJldmUifQ."},
    ):
        assert (await door.knock(**headers))[0] == 401


async def test_nobody_can_claim_to_be_signed_in(door: Door) -> None:
    door.shut()

    _, open_door = await door.knock("/health", **{"x-ms-client-principal-name": "eve"})
    _, passed = await door.knock("/", **{"X-Ms-Client-Principal-Id": "eve", **door.token()})

    assert "eve" not in str(open_door)
    assert "eve" not in str(passed["headers"])

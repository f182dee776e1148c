"""ACR's token exchange, and pulls in process mode: real roles, no storage."""

import base64

import httpx
import jwt
import pytest
from azure.identity import DefaultAzureCredential

from infra.image.registry import TOKEN_SCOPE, Registry
from infra.twin.arm.behaviour import ArmProblem
from infra.twin.identity.tokens import Principal
from infra.twin.registry.puller import split_reference
from tests.infra.twin.conftest import ACR_PULL, ACR_PUSH, GROUP, OPENAI_USER, Rehearsal

USER = "00000000-0000-0000-0000-000000000000"


def refresh_token(twin: Rehearsal, principal: str) -> str:
    token, _ = twin.twin.identities.directory.issue(
        Principal(object_id=principal, client_id="c"), "https://containerregistry.azure.net"
    )
    form = {"grant_type": "access_token", "service": twin.login_server, "access_token": token}
    answer = httpx.post(f"http://{twin.login_server}/oauth2/exchange", data=form)
    return str(answer.raise_for_status().json()["refresh_token"])


def access(twin: Rehearsal, refresh: str, scope: str) -> httpx.Response:
    form = {
        "grant_type": "refresh_token",
        "service": twin.login_server,
        "scope": scope,
        "refresh_token": refresh,
    }
    return httpx.post(f"http://{twin.login_server}/oauth2/token", data=form)


@pytest.mark.parametrize(
    ("role", "asked", "granted"),
    [
        (ACR_PULL, "pull", ["pull"]),
        (ACR_PULL, "pull,push", ["pull"]),
        (ACR_PULL, "push", None),
        (ACR_PUSH, "pull,push", ["pull", "push"]),
        (OPENAI_USER, "pull", None),
    ],
)
def test_a_token_grants_what_the_role_does(
    twin: Rehearsal, role: str, asked: str, granted: list[str] | None
) -> None:
    principal = twin.identity()["properties"]["principalId"]
    twin.role(twin.registry()["id"], principal, role)

    answer = access(twin, refresh_token(twin, principal), f"repository:seatrial:{asked}")

    if granted is None:
        assert answer.status_code == 401
        assert "https://aka.ms/acr/authorization" in answer.json()["errors"][0]["message"]
    else:
        claims = jwt.decode(answer.json()["access_token"], options={"verify_signature": False})
        assert claims["access"] == [{"type": "repository", "name": "seatrial", "actions": granted}]


def test_docker_login_gets_its_token_with_the_refresh_token_as_password(twin: Rehearsal) -> None:
    principal = twin.identity()["properties"]["principalId"]
    twin.role(twin.registry()["id"], principal, ACR_PULL)
    basic = base64.b64encode(f"{USER}:{refresh_token(twin, principal)}".encode()).decode()
    query = {"service": twin.login_server, "scope": "repository:seatrial:pull"}

    answer = httpx.get(
        f"http://{twin.login_server}/oauth2/token", params=query, headers={"Authorization": f"Basic {basic}"}
    )

    assert answer.status_code == 200


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic eDp5"}, {"Authorization": "Basic !"}])
def test_anonymous_is_refused(twin: Rehearsal, headers: dict[str, str]) -> None:
    query = {"service": twin.login_server, "scope": "repository:seatrial:pull"}

    answer = httpx.get(f"http://{twin.login_server}/oauth2/token", params=query, headers=headers)

    assert answer.status_code == 401


def test_a_token_for_another_audience_cannot_be_exchanged(twin: Rehearsal) -> None:
    token, _ = twin.twin.identities.directory.issue(
        twin.twin.identities.operator, "https://cognitiveservices.azure.com"
    )
    form = {"grant_type": "access_token", "service": twin.login_server, "access_token": token}

    assert httpx.post(f"http://{twin.login_server}/oauth2/exchange", data=form).status_code == 401


def test_a_pull_without_acrpull_is_refused_in_azures_words(twin: Rehearsal) -> None:
    twin.registry()
    identity = twin.identity()["id"]
    image = f"{twin.login_server}/seatrial@sha256:{'0' * 64}"

    with pytest.raises(ArmProblem, match="UNAUTHORIZED: authentication required") as caught:
        twin.run(twin.twin.platform.registry.pull(image, identity))

    assert caught.value.finding is not None
    assert caught.value.finding.code == "ST005"
    assert twin.admin.status()["pulls"] == [{"image": image, "identity": identity, "ok": False}]


def test_a_role_at_the_group_is_enough_and_in_process_mode_the_token_is_the_pull(twin: Rehearsal) -> None:
    twin.registry()
    identity = twin.identity()
    twin.role(GROUP, identity["properties"]["principalId"], ACR_PULL)
    image = f"{twin.login_server}/seatrial@sha256:{'0' * 64}"

    pulled = twin.run(twin.twin.platform.registry.pull(image, identity["id"]))

    assert (pulled.repository, pulled.digest) == ("seatrial", None)
    assert twin.admin.status()["pulls"][-1]["ok"] is True


def test_a_pull_without_an_identity_is_anonymous_and_refused(twin: Rehearsal) -> None:
    twin.registry()

    with pytest.raises(ArmProblem, match="UNAUTHORIZED"):
        twin.run(twin.twin.platform.registry.pull(f"{twin.login_server}/seatrial:1", None))


def test_the_operator_logs_in_with_the_genuine_credential(
    twin: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin.registry()
    monkeypatch.setenv("IDENTITY_ENDPOINT", twin.admin.address.identity_endpoint)
    monkeypatch.setenv("IDENTITY_HEADER", twin.admin.address.operator_identity_header)
    with DefaultAzureCredential() as credential:
        token = credential.get_token(TOKEN_SCOPE).token

    assert Registry.login(twin.login_server, token).refresh_token


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("localhost:5001/seatrial@sha256:ab", ("localhost:5001", "seatrial", "sha256:ab")),
        ("localhost:5001/a/b:v1", ("localhost:5001", "a/b", "v1")),
        ("mcr.microsoft.com/k8se/quickstart", ("mcr.microsoft.com", "k8se/quickstart", "latest")),
        ("python:3.12", ("docker.io", "python", "3.12")),
    ],
)
def test_image_references_are_read_as_docker_does(reference: str, parts: tuple[str, str, str]) -> None:
    assert split_reference(reference) == parts

"""Tokens: the genuine azure-identity against the twin's endpoint, and what verifiers read."""

import httpx
import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CredentialUnavailableError, DefaultAzureCredential, ManagedIdentityCredential

from infra.twin.identity.roles import CONTRIBUTOR, READER, allowed
from tests.infra.twin.conftest import ACR_PULL, GROUP, REGION, ROOT, TENANT, Rehearsal

SCOPE = "https://cognitiveservices.azure.com/.default"


def _claims(twin: Rehearsal, token: str) -> dict[str, object]:
    metadata = httpx.get(
        f"{twin.twin.platform.authority}/{TENANT}/v2.0/.well-known/openid-configuration"
    ).json()
    keys = jwt.PyJWKSet.from_dict(httpx.get(metadata["jwks_uri"]).json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(
        token, key, algorithms=["RS256"], options={"verify_aud": False}, issuer=metadata["issuer"]
    )
    return dict(claims)


@pytest.fixture
def replica(twin: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Stand where a replica stands: its two variables, one identity."""
    identity = twin.identity()
    grant = twin.twin.platform.identities.grant([identity["id"]])
    for name, value in grant.environment().items():
        monkeypatch.setenv(name, value)
    return dict(identity["properties"])


def test_the_genuine_credential_gets_a_token_of_its_principal(
    twin: Rehearsal, replica: dict[str, str]
) -> None:
    with ManagedIdentityCredential(client_id=replica["clientId"]) as credential:
        claims = _claims(twin, credential.get_token(SCOPE).token)

    assert claims["oid"] == replica["principalId"]
    assert claims["appid"] == replica["clientId"]
    assert claims["aud"] == "https://cognitiveservices.azure.com"
    assert claims["tid"] == TENANT


def test_the_default_credential_finds_it_too(
    twin: Rehearsal, replica: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_CLIENT_ID", replica["clientId"])
    with DefaultAzureCredential() as credential:
        claims = _claims(twin, credential.get_token(SCOPE).token)

    assert claims["oid"] == replica["principalId"]


def test_an_identity_that_the_replica_does_not_carry_gets_nothing(
    twin: Rehearsal, replica: dict[str, str]
) -> None:
    other = twin.identity("other")["properties"]

    with (
        ManagedIdentityCredential(client_id=other["clientId"]) as credential,
        pytest.raises((ClientAuthenticationError, CredentialUnavailableError), match="No User Assigned"),
    ):
        credential.get_token(SCOPE)


def test_a_revoked_header_is_refused(twin: Rehearsal, replica: dict[str, str]) -> None:
    grant = twin.twin.platform.identities.grant([f"{GROUP}/x"])
    twin.twin.platform.identities.revoke(grant.header)

    answer = httpx.get(
        grant.endpoint,
        params={"api-version": "2019-08-01", "resource": "x", "client_id": replica["clientId"]},
        headers={"X-IDENTITY-HEADER": grant.header},
    )

    assert answer.status_code == 401


def test_the_operator_is_owner_and_may_call_arm_with_a_token(
    twin: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", twin.admin.address.identity_endpoint)
    monkeypatch.setenv("IDENTITY_HEADER", twin.admin.address.operator_identity_header)
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential")
    with DefaultAzureCredential() as credential:
        token = credential.get_token("https://management.azure.com/.default").token

    answer = httpx.get(
        f"{twin.twin.arm_url}{GROUP}?api-version=2024-03-01", headers={"Authorization": f"Bearer {token}"}
    )

    assert answer.json()["location"] == REGION


def test_an_identity_without_a_role_may_not_call_arm(twin: Rehearsal, replica: dict[str, str]) -> None:
    with ManagedIdentityCredential(client_id=replica["clientId"]) as credential:
        token = credential.get_token("https://management.azure.com/.default").token

    answer = httpx.get(
        f"{twin.twin.arm_url}{GROUP}?api-version=2024-03-01", headers={"Authorization": f"Bearer {token}"}
    )

    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "AuthorizationFailed"


def test_a_role_counts_at_its_scope_and_below_and_nowhere_else(twin: Rehearsal) -> None:
    principal = twin.identity()["properties"]["principalId"]
    registry = twin.registry()["id"]
    twin.role(registry, principal, ACR_PULL)
    twin.role(ROOT, principal, CONTRIBUTOR, name="b" * 8)
    store = twin.twin.store

    assert allowed(store, principal, {ACR_PULL}, registry.upper())
    assert not allowed(store, principal, {ACR_PULL}, f"{registry}2")
    assert not allowed(store, principal, {ACR_PULL}, GROUP)
    assert allowed(store, principal, {CONTRIBUTOR}, registry)
    assert not allowed(store, principal, {READER}, registry)


def test_a_user_of_an_entra_stack_gets_a_token_of_that_issuer(twin: Rehearsal) -> None:
    issuer = f"{twin.twin.platform.authority}/{TENANT}/v2.0"

    claims = _claims(twin, twin.admin.token("ada", "api://seatrial", issuer))

    assert (claims["sub"], claims["aud"], claims["iss"]) == ("ada", "api://seatrial", issuer)


def test_the_signing_key_is_for_its_owner_alone(twin: Rehearsal) -> None:
    key = twin.twin.config.state / "signing-key.pem"

    assert key.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("header", ["schlüssel".encode(), b"\xff"])
def test_a_header_that_is_no_ascii_is_a_wrong_one(twin: Rehearsal, header: bytes) -> None:
    answer = httpx.get(
        f"{twin.services}/msi/token",
        params={"api-version": "2019-08-01", "resource": "x"},
        headers={b"X-IDENTITY-HEADER": header},
    )

    assert answer.status_code == 401

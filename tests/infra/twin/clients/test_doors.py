"""What Azure's clients meet first, asked by hand: HTTPS, metadata, sign-in, roles, streams."""

import socket
import ssl
from typing import Any

import httpx
import pytest

from infra.twin.config import TwinConfig
from infra.twin.identity.actions import action_of
from infra.twin.identity.definitions import definitions
from infra.twin.sign_in import FILE
from tests.infra.twin.conftest import GROUP, REGION, ROOT, TENANT, Rehearsal, rehearsal

REGISTRY = f"{GROUP}/providers/Microsoft.ContainerRegistry/registries/acrtwin"
APP = f"{GROUP}/providers/Microsoft.App/containerApps/a"
ARM = "https://management.azure.com/.default"


def trusting(twin: Rehearsal) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=twin.admin.address.trust_file)


def signed_in(twin: Rehearsal, **changes: str) -> httpx.Response:
    address = twin.admin.address
    form = {
        "grant_type": "client_credentials",
        "client_id": address.client_id,
        "client_secret": address.client_secret,
        "scope": ARM,
    }
    place = f"{address.arm_https_url}/{TENANT}/oauth2/v2.0/token"
    return httpx.post(place, data=form | changes, verify=trusting(twin))


def test_a_client_with_the_secret_gets_a_token_that_arm_takes(twin: Rehearsal) -> None:
    token = signed_in(twin).json()["access_token"]

    answer = httpx.get(
        f"{twin.admin.address.arm_https_url}{GROUP}?api-version=2022-09-01",
        headers={"Authorization": f"Bearer {token}"},
        verify=trusting(twin),
    )

    assert answer.json()["location"] == REGION


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"client_secret": "wrong"}, 401, "AADSTS7000215"),
        ({"client_secret": "schlüssel"}, 401, "AADSTS7000215"),
        ({"client_id": "00000000-0000-0000-0000-00000000000a"}, 400, "AADSTS700016"),
        ({"grant_type": "password"}, 400, "AADSTS70003"),
        ({"scope": ""}, 400, "AADSTS90014"),
    ],
)
def test_a_refused_sign_in_says_why_in_entras_words(
    twin: Rehearsal, changes: dict[str, str], status: int, code: str
) -> None:
    answer = signed_in(twin, **changes)

    assert answer.status_code == status
    assert answer.json()["error_description"].startswith(f"{code}: ")
    assert "access_token" not in answer.json()


def test_another_tenant_is_not_found(twin: Rehearsal) -> None:
    other = "22222222-2222-2222-2222-222222222222"
    place = f"{twin.admin.address.arm_https_url}/{other}/v2.0/.well-known/openid-configuration"

    answer = httpx.get(place, verify=trusting(twin))

    assert answer.status_code == 400
    assert other in answer.json()["error_description"]


def test_the_secret_is_the_same_at_the_next_start_and_its_file_is_for_the_owner(config: TwinConfig) -> None:
    with rehearsal(config) as first:
        secret = first.admin.address.client_secret
        file = config.state / FILE
        assert file.stat().st_mode & 0o777 == 0o600
        assert secret in file.read_text()
    assert not file.exists()
    with rehearsal(config) as second:
        assert second.admin.address.client_secret == secret


@pytest.mark.parametrize(
    ("version", "kind"), [("2015-01-01", dict), ("2022-09-01", dict), ("2019-05-01", list)]
)
def test_the_metadata_document_leads_to_the_twin(twin: Rehearsal, version: str, kind: type) -> None:
    base = twin.admin.address.arm_https_url

    found = httpx.get(f"{base}/metadata/endpoints?api-version={version}", verify=trusting(twin)).json()

    assert isinstance(found, kind)
    cloud = found[0] if isinstance(found, list) else found
    assert cloud["resourceManager"] == cloud["authentication"]["loginEndpoint"] == f"{base}/"


def test_the_registry_speaks_http_and_https_on_one_port(twin: Rehearsal) -> None:
    plain = httpx.get(f"http://{twin.login_server}/v2/")
    safe = httpx.get(f"https://{twin.login_server}/v2/", verify=trusting(twin))

    assert plain.status_code == safe.status_code == 401
    assert "oauth2/token" in safe.headers["WWW-Authenticate"]


def test_a_connection_that_says_nothing_or_nonsense_harms_no_other(twin: Rehearsal) -> None:
    host, port = twin.login_server.split(":")
    with socket.create_connection((host, int(port))), socket.create_connection((host, int(port))) as odd:
        odd.sendall(b"\x16nonsense\r\n\r\n")

        assert httpx.get(f"http://{twin.login_server}/v2/").status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "action"),
    [
        ("GET", ROOT, "Microsoft.Resources/subscriptions/read"),
        ("GET", f"{ROOT}/resourceGroups", "Microsoft.Resources/subscriptions/resourceGroups/read"),
        ("PUT", GROUP, "Microsoft.Resources/subscriptions/resourceGroups/write"),
        ("PATCH", APP, "Microsoft.App/containerApps/write"),
        ("DELETE", f"{APP}/revisions/r", "Microsoft.App/containerApps/revisions/delete"),
        ("POST", f"{APP}/listSecrets", "Microsoft.App/containerApps/listSecrets/action"),
        ("POST", f"{APP}/revisions/r/restart", "Microsoft.App/containerApps/revisions/restart/action"),
        (
            "PUT",
            f"{APP}/providers/Microsoft.Authorization/roleAssignments/x",
            "Microsoft.Authorization/roleAssignments/write",
        ),
    ],
)
def test_a_request_needs_the_action_that_azure_names(method: str, path: str, action: str) -> None:
    assert action_of(method, path) == action


@pytest.mark.parametrize(
    ("role", "action", "granted"),
    [
        ("Reader", "Microsoft.App/containerApps/read", True),
        ("Reader", "Microsoft.App/containerApps/listSecrets/action", False),
        ("Reader", "Microsoft.ContainerRegistry/registries/pull/read", True),
        ("Contributor", "microsoft.app/containerapps/WRITE", True),
        ("Contributor", "Microsoft.Authorization/roleAssignments/write", False),
        ("Contributor", "Microsoft.Authorization/roleAssignments/read", True),
        ("User Access Administrator", "Microsoft.Authorization/roleAssignments/delete", True),
        ("User Access Administrator", "Microsoft.App/containerApps/write", False),
        ("AcrPull", "Microsoft.ContainerRegistry/registries/pull/read", True),
        ("AcrPull", "Microsoft.ContainerRegistry/registries/read", False),
        ("AcrPush", "Microsoft.ContainerRegistry/registries/push/write", True),
        ("Key Vault Secrets User", "Microsoft.KeyVault/vaults/read", False),
    ],
)
def test_a_role_grants_what_its_definition_says(role: str, action: str, *, granted: bool) -> None:
    (found,) = [one for one in definitions().values() if one.name == role]

    assert found.grants(action) is granted


def test_a_patch_of_a_long_running_type_is_polled(twin: Rehearsal) -> None:
    workspace = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/logs"
    twin.arm.put(workspace, {"location": REGION}, "2023-09-01")
    headers = {"Authorization": f"Bearer {twin.admin.address.token}"}

    answer = httpx.patch(
        f"{twin.twin.arm_url}{workspace}?api-version=2023-09-01",
        json={"properties": {"retentionInDays": 60}},
        headers=headers,
    )

    assert answer.status_code == 200
    twin.arm.wait(answer.headers["Azure-AsyncOperation"])
    found: dict[str, Any] = httpx.get(answer.headers["Location"], headers=headers).json()
    assert found["properties"]["retentionInDays"] == 60


def test_a_body_in_another_version_keeps_what_the_carried_type_knows(twin: Rehearsal) -> None:
    body = {"location": REGION, "sku": {"name": "Basic"}, "properties": {"madeUp": True}}
    headers = {"Authorization": f"Bearer {twin.admin.address.token}"}

    own, other = (
        httpx.put(f"{twin.twin.arm_url}{REGISTRY}?api-version={version}", json=body, headers=headers)
        for version in ("2023-01-01-preview", "2025-11-01")
    )

    assert own.json()["error"]["code"] == "InvalidRequestContent"
    assert other.status_code == 201
    assert "madeUp" not in other.json()["properties"]


def test_a_log_stream_wants_its_own_token(twin: Rehearsal) -> None:
    place = f"{twin.twin.arm_url}{GROUP}/containerApps/a/eventstream"

    answer = httpx.get(place, headers={"Authorization": f"Bearer {twin.admin.address.token}"})

    assert answer.status_code == 401

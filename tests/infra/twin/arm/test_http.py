"""ARM over HTTP: what clients see."""

import httpx
import pytest

from infra.findings.model import Finding
from infra.twin.arm.behaviour import ArmProblem, Resource
from infra.twin.client import ArmError
from tests.infra.twin.conftest import GROUP, REGION, ROOT, Rehearsal

IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id"
APP = f"{GROUP}/providers/Microsoft.App/containerApps/app"


def test_a_resource_is_created_read_listed_and_deleted(twin: Rehearsal) -> None:
    created = twin.identity()
    listed = twin.arm.list(
        f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities", "2023-01-31"
    )
    everywhere = twin.arm.list(
        f"{ROOT}/providers/Microsoft.ManagedIdentity/userAssignedIdentities", "2023-01-31"
    )

    assert twin.arm.get(IDENTITY.upper(), "2023-01-31") == created == listed[0] == everywhere[0]
    twin.arm.delete(IDENTITY, "2023-01-31")
    with pytest.raises(ArmError, match="ResourceNotFound"):
        twin.arm.get(IDENTITY, "2023-01-31")


def test_the_second_put_of_the_same_body_changes_nothing_but_the_time(twin: Rehearsal) -> None:
    first, second = twin.identity(), twin.identity()

    assert first["properties"] == second["properties"]
    assert first["systemData"]["createdAt"] == second["systemData"]["createdAt"]


def test_a_region_is_stored_as_azure_spells_it_and_cannot_move(twin: Rehearsal) -> None:
    made = twin.arm.put(f"{ROOT}/resourceGroups/other", {"location": "West Europe"}, "2024-03-01")

    assert made["location"] == REGION
    with pytest.raises(ArmError, match="InvalidResourceGroupLocation"):
        twin.arm.put(f"{ROOT}/resourceGroups/other", {"location": "eastus"}, "2024-03-01")


@pytest.mark.parametrize(
    ("path", "version", "code", "status"),
    [
        (f"{ROOT}/resourceGroups/none", "2024-03-01", "ResourceGroupNotFound", 404),
        (IDENTITY, "2023-01-31", "ResourceNotFound", 404),
        (IDENTITY.replace("/rg/", "/none/"), "2023-01-31", "ResourceGroupNotFound", 404),
        (
            IDENTITY.replace("0000-000000000000/r", "0000-000000000001/r"),
            "2023-01-31",
            "SubscriptionNotFound",
            404,
        ),
        ("/nothing/here", "2023-01-31", "MissingSubscription", 404),
        (f"{GROUP}/providers/Microsoft.Nothing/things/x", "2023-01-31", "InvalidResourceNamespace", 404),
        (f"{GROUP}/providers/Microsoft.App/things/x", "2023-01-31", "InvalidResourceType", 404),
        (IDENTITY, "yesterday", "InvalidApiVersionParameter", 400),
        (IDENTITY, "2001-01-01", "NoRegisteredProviderFound", 400),
        (IDENTITY, "", "MissingApiVersionParameter", 400),
    ],
)
def test_arm_says_what_is_wrong_with_a_path(
    twin: Rehearsal, path: str, version: str, code: str, status: int
) -> None:
    with pytest.raises(ArmError) as caught:
        twin.arm.get(path, version)

    assert (caught.value.code, caught.value.status) == (code, status)


def test_a_child_needs_its_parent(twin: Rehearsal) -> None:
    account = f"{GROUP}/providers/Microsoft.CognitiveServices/accounts/none"

    with pytest.raises(ArmError, match="ParentResourceNotFound") as caught:
        twin.deployment(account)

    assert caught.value.finding is not None
    assert caught.value.finding.code == "ST024"


def test_an_unknown_property_is_refused_with_its_path_and_the_nearest_name(twin: Rehearsal) -> None:
    body = {"location": REGION, "properties": {"configuration": {"ingres": {}}}}

    with pytest.raises(ArmError, match="Could not find member 'ingres'") as caught:
        twin.arm.put(APP, body, "2025-02-02-preview")

    assert caught.value.finding is not None
    assert caught.value.finding.code == "ST001"
    assert caught.value.target == "properties.configuration.ingres"
    assert caught.value.finding.fix == "rename it to 'ingress'"
    assert twin.apps.put == []


def test_every_wrong_value_is_named_at_once(twin: Rehearsal) -> None:
    probe = {"type": "Liveness", "periodSeconds": 999, "httpGet": {"port": "eighty"}}
    body = {"location": REGION, "properties": {"template": {"containers": [{"probes": [probe]}]}}}

    with pytest.raises(ArmError) as caught:
        twin.arm.put(APP, body, "2025-02-02-preview")

    assert [found.code for found in caught.value.findings] == ["ST002", "ST002"]


def test_a_reference_to_nothing_is_refused(twin: Rehearsal) -> None:
    environment = f"{GROUP}/providers/Microsoft.App/managedEnvironments/none"
    body = {"location": REGION, "properties": {"managedEnvironmentId": environment}}

    with pytest.raises(ArmError, match="was not found") as caught:
        twin.arm.put(APP, body, "2025-02-02-preview")

    assert caught.value.finding is not None
    assert caught.value.finding.code == "ST024"


def test_an_identity_that_does_not_exist_is_refused_in_azures_words(twin: Rehearsal) -> None:
    body = {
        "location": REGION,
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}},
    }

    with pytest.raises(ArmError, match="FailedIdentityOperation"):
        twin.arm.put(APP, body, "2025-02-02-preview")


def test_an_identity_block_comes_back_with_its_principals(twin: Rehearsal) -> None:
    identity = twin.identity()
    body = {
        "location": REGION,
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}},
    }

    app = twin.arm.put(APP, body, "2025-02-02-preview")

    assert app["identity"]["userAssignedIdentities"][IDENTITY] == {
        name: identity["properties"][name] for name in ("principalId", "clientId")
    }


def test_patch_merges_and_keeps_the_rest(twin: Rehearsal) -> None:
    twin.registry()
    path = f"{GROUP}/providers/Microsoft.ContainerRegistry/registries/acrtwin"

    patched = twin.arm.patch(path, {"tags": {"team": "agents"}}, "2023-01-01-preview")

    assert patched["tags"] == {"team": "agents"}
    assert patched["sku"] == {"name": "Basic"}
    assert patched["location"] == REGION


def test_a_secret_is_written_and_never_read(twin: Rehearsal) -> None:
    secrets = [{"name": "key", "value": "hush"}]
    body = {"location": REGION, "properties": {"configuration": {"secrets": secrets}}}

    app = twin.arm.put(APP, body, "2025-02-02-preview")

    assert app["properties"]["configuration"]["secrets"] == [{"name": "key"}]
    stored = twin.twin.store.get(APP)
    assert stored is not None
    assert stored.properties["configuration"]["secrets"] == secrets


def test_deleting_a_group_deletes_what_is_in_it_last_created_first(twin: Rehearsal) -> None:
    for name in ("first", "second"):
        twin.arm.put(APP.replace("/app", f"/{name}"), {"location": REGION}, "2025-02-02-preview")

    twin.arm.delete(GROUP, "2024-03-01")

    assert twin.apps.deleted == ["second", "first"]
    with pytest.raises(ArmError, match="ResourceGroupNotFound"):
        twin.arm.get(GROUP, "2024-03-01")


def test_a_failed_operation_reaches_the_client_and_the_resource_is_failed(twin: Rehearsal) -> None:
    def crash(resource: Resource) -> None:
        finding = Finding(code="ST007", resource=resource.id.path, message="it crashed", fix="read the log")
        raise ArmProblem(400, "ContainerAppOperationError", "Container crashed.", finding=finding)

    twin.apps.work = crash

    with pytest.raises(ArmError, match="Container crashed") as caught:
        twin.arm.put(APP, {"location": REGION}, "2025-02-02-preview")
    assert caught.value.findings[0].code == "ST007"
    assert twin.arm.get(APP, "2025-02-02-preview")["properties"]["provisioningState"] == "Failed"
    assert [found["code"] for found in twin.admin.status()["findings"]] == ["ST007"]


@pytest.mark.parametrize("told_of", ["app", APP])
def test_what_an_app_was_told_is_forgotten_when_it_changes_or_goes(twin: Rehearsal, told_of: str) -> None:
    told = Finding(code="ST007", resource=told_of, message="too early", fix="wait")
    fresh = told.model_copy(update={"code": "ST010"})
    twin.twin.platform.report(told)
    twin.apps.work = lambda _: twin.twin.platform.report(fresh)

    twin.arm.put(APP, {"location": REGION}, "2025-02-02-preview")

    assert [found["code"] for found in twin.admin.status()["findings"]] == ["ST010"]
    twin.arm.delete(APP, "2025-02-02-preview")
    assert twin.admin.status()["findings"] == []


@pytest.mark.parametrize("header", ["If-Match", "if-match"])
def test_a_writer_with_a_stale_etag_is_refused(twin: Rehearsal, header: str) -> None:
    twin.identity()
    headers = {"Authorization": f"Bearer {twin.twin.token}", header: '"old"'}

    answer = httpx.put(
        f"{twin.twin.arm_url}{IDENTITY}?api-version=2023-01-31", json={"location": REGION}, headers=headers
    )

    assert answer.status_code == 412


@pytest.mark.parametrize(
    "content", [b"{", b"[1]", b'{"a": NaN}', b"[" * 5000, b'{"a":' * 900 + b"1" + b"}" * 900]
)
def test_a_body_that_is_no_json_object_is_a_clear_400(twin: Rehearsal, content: bytes) -> None:
    headers = {"Authorization": f"Bearer {twin.twin.token}"}

    answer = httpx.put(
        f"{twin.twin.arm_url}{IDENTITY}?api-version=2023-01-31", content=content, headers=headers
    )

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "InvalidRequestContent"


def test_a_body_over_the_bound_is_413(twin: Rehearsal) -> None:
    headers = {"Authorization": f"Bearer {twin.twin.token}"}

    answer = httpx.put(
        f"{twin.twin.arm_url}{IDENTITY}?api-version=2023-01-31", content=b" " * 5_000_000, headers=headers
    )

    assert answer.status_code == 413


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer no"}, {"Authorization": "Basic eDp5"}])
def test_arm_and_admin_need_the_token(twin: Rehearsal, headers: dict[str, str]) -> None:
    for path in (GROUP, "/twin/status"):
        assert (
            httpx.get(f"{twin.twin.arm_url}{path}?api-version=2024-03-01", headers=headers).status_code == 401
        )


def test_a_foreign_host_header_is_refused(twin: Rehearsal) -> None:
    for url in (twin.twin.arm_url, twin.services, f"http://{twin.login_server}"):
        assert httpx.get(f"{url}/", headers={"Host": "evil.example"}).status_code == 421

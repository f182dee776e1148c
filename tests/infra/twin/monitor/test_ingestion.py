"""Who may send telemetry where, and what the service answers item by item."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.findings.catalogue import catalogue
from infra.twin.arm.behaviour import Resource
from infra.twin.arm.ids import ResourceId
from infra.twin.arm.store import DiskStore
from infra.twin.identity.keys import SigningKey
from infra.twin.identity.tokens import Directory, Principal
from infra.twin.journal import Journal
from infra.twin.monitor.access import AUDIENCE, IngestionDoor
from infra.twin.monitor.ingestion import Ingestion
from infra.twin.monitor.telemetry import Telemetry
from tests.infra.twin.monitor.items import KEY, item, span

GROUP = "/subscriptions/0/resourceGroups/rg"
COMPONENT = f"{GROUP}/providers/Microsoft.Insights/components/ai"
APP = "11111111-0000-4000-8000-000000000001"
PUBLISHER = "3913510d-42f4-4e42-8a64-420c390055eb"
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"


@dataclass
class Service:
    """Hold an ingestion with one component, and what it kept and reported."""

    ingestion: Ingestion
    store: DiskStore

    def token(self, audience: str = AUDIENCE) -> str:
        principal = Principal(object_id=APP, client_id="c")
        return f"Bearer {self.ingestion.door.directory.issue(principal, audience)[0]}"

    def grant(self, role: str, scope: str = COMPONENT) -> None:
        path = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{role}"
        properties = {"principalId": APP, "roleDefinitionId": f"/x/{role}"}
        self.put(path, properties)

    def put(self, path: str, properties: dict[str, Any]) -> None:
        self.store.put(Resource(id=ResourceId(path), api_version="1", body={"properties": properties}))

    def sent(self, *items: Any, authorization: str | None = None) -> tuple[int, dict[str, Any]]:
        given = self.token() if authorization is None else authorization
        answer = self.ingestion.take(items, given).response()
        assert answer.text is not None
        return answer.status, json.loads(answer.text)

    @property
    def codes(self) -> list[str]:
        return [finding.code for finding in self.ingestion.journal.findings]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Directory:
    key = SigningKey.load(tmp_path_factory.mktemp("key") / "key.pem")
    return Directory(key=key, tenant="t", authority="http://localhost/authority")


@pytest.fixture
def service(directory: Directory, tmp_path: Path) -> Iterator[Service]:
    store = DiskStore.open(tmp_path / "arm.json")
    telemetry = Telemetry.open(tmp_path / "telemetry.db")
    door = IngestionDoor(directory=directory, state=store)
    made = Service(Ingestion(door=door, telemetry=telemetry, journal=Journal()), store)
    made.put(COMPONENT, {"InstrumentationKey": KEY, "AppId": "app", "DisableLocalAuth": True})
    yield made
    telemetry.close()


def test_a_publisher_is_heard(service: Service) -> None:
    service.grant(PUBLISHER)

    status, body = service.sent(span("one", "1"), span("two", "2", "1"))

    assert (status, body) == (200, {"itemsReceived": 2, "itemsAccepted": 2, "appId": "app", "errors": []})
    assert service.ingestion.telemetry.counts() == {COMPONENT: {"AppDependencies": 2}}
    assert service.codes == []


def test_a_role_at_the_group_reaches_the_component(service: Service) -> None:
    service.grant(PUBLISHER, GROUP)

    assert service.sent(span("one", "1"))[0] == 200


@pytest.mark.parametrize("role", [None, OWNER])
def test_without_the_role_nothing_is_kept_and_the_finding_goes_with_the_role(
    service: Service, role: str | None
) -> None:
    if role is not None:
        service.grant(role)
    status, body = service.sent(span("one", "1"))

    assert (status, body["itemsAccepted"], body["errors"][0]["statusCode"]) == (403, 0, 403)
    assert service.ingestion.telemetry.counts() == {}
    (finding,) = service.ingestion.journal.findings
    assert (finding.code, finding.resource) == ("ST040", COMPONENT)
    assert "Monitoring Metrics Publisher" in finding.fix
    service.grant(PUBLISHER)
    assert service.sent(span("one", "1"))[0] == 200
    assert service.codes == []


def test_a_key_alone_is_not_enough_where_local_authentication_is_off(service: Service) -> None:
    status, body = service.sent(span("one", "1"), authorization="")

    assert (status, body["errors"][0]["statusCode"]) == (401, 401)
    assert service.codes == ["ST040"]
    service.store.set_properties(COMPONENT, {"DisableLocalAuth": False})
    assert service.sent(span("one", "1"), authorization="")[0] == 200


def test_a_token_of_another_audience_is_none(service: Service) -> None:
    service.grant(PUBLISHER)

    status, body = service.sent(span("one", "1"), authorization=service.token("https://vault.azure.net"))

    assert status == 401
    assert AUDIENCE in body["errors"][0]["message"]
    assert service.sent(span("one", "1"), authorization="Basic eDp5")[0] == 401


def test_a_key_that_no_component_has_is_refused(service: Service) -> None:
    service.grant(PUBLISHER)

    status, body = service.sent({**span("one", "1"), "iKey": "7"})

    assert status == 400
    assert body["errors"] == [{"index": 0, "statusCode": 400, "message": "Invalid instrumentation key"}]
    assert service.codes == ["ST041"]


def test_bad_items_are_named_and_the_good_ones_kept(service: Service) -> None:
    service.grant(PUBLISHER)
    large = item("EventData", {"name": "x", "properties": {"text": "x" * 70_000}})

    status, body = service.sent(item("MessageData", {}), span("kept", "1"), "none", large)

    assert (status, body["itemsReceived"], body["itemsAccepted"]) == (206, 4, 1)
    assert [(error["index"], error["statusCode"]) for error in body["errors"]] == [
        (0, 400),
        (2, 400),
        (3, 400),
    ]
    assert service.ingestion.telemetry.counts() == {COMPONENT: {"AppDependencies": 1}}
    assert service.sent(item("MessageData", {}))[0] == 400


def test_each_refusal_is_explained() -> None:
    assert {"ST040", "ST041"} <= set(catalogue())

"""Custom domains: owned first, bound next, certified last, and refused in Azure's words."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.twin.arm.behaviour import ArmProblem, ArmRequest, Resource
from infra.twin.arm.families.domains import Domains, ManagedCertificate, domains_of, verification_id
from infra.twin.arm.ids import ResourceId
from infra.twin.arm.store import DiskStore
from infra.twin.dns import Zone

GROUP = "/subscriptions/0/resourceGroups/rg"
APP = f"{GROUP}/providers/Microsoft.App/containerApps/ca"
ENVIRONMENT = f"{GROUP}/providers/Microsoft.App/managedEnvironments/cae"
CERTIFICATE = f"{ENVIRONMENT}/managedCertificates/mc"
NAME = "chat.example.com"
OWNED = {"type": "TXT", "name": f"asuid.{NAME}", "value": verification_id("0")}


class Registrar:
    """Drive the rules as the ARM router does, with DNS records in a file."""

    def __init__(self, folder: Path) -> None:
        self.state = DiskStore.open(folder / "arm.json")
        self.zone = Zone.of(folder)
        self.domains = Domains(self.zone, "0")
        self.put(ENVIRONMENT, {"staticIp": "20.1.2.3"})

    def records(self, *records: dict[str, str]) -> None:
        self.zone.path.write_text(json.dumps(records))

    def put(self, path: str, properties: dict[str, Any]) -> Resource:
        resource = Resource(id=ResourceId.parse(path), api_version="1", body={"properties": properties})
        self.state.put(resource)
        return resource

    def bind(self, kind: str = "Auto", **more: str) -> Resource:
        domain = {"name": NAME, "bindingType": kind, **more}
        ingress = {"fqdn": "ca.blue.eastus.azurecontainerapps.io", "customDomains": [domain]}
        properties = {"configuration": {"ingress": ingress}}
        self.domains.check(self.request(APP, properties))
        return self.put(APP, properties)

    async def certify(self, validation: str = "CNAME") -> Resource:
        family = ManagedCertificate(self.domains)
        properties = {"subjectName": NAME, "domainControlValidation": validation}
        family.check(self.request(CERTIFICATE, properties), self.state)
        made = self.put(CERTIFICATE, properties)
        await family.after_put(made, self.state)
        return made

    def request(self, path: str, properties: dict[str, Any]) -> ArmRequest:
        found = self.state.get(path)
        body = {"properties": properties}
        own = ResourceId.parse(path)
        return ArmRequest(method="PUT", id=own, api_version="1", body=body, existing=found, caller="x")


@pytest.fixture
def registrar(tmp_path: Path) -> Registrar:
    return Registrar(tmp_path)


def test_a_domain_is_refused_until_its_txt_record_is_there(registrar: Registrar) -> None:
    with pytest.raises(ArmProblem, match=f"pointing from asuid.{NAME} to {OWNED['value']}") as no:
        registrar.bind()

    registrar.records(OWNED)
    registrar.bind()
    assert no.value.finding is not None
    assert (no.value.code, no.value.finding.code) == ("InvalidCustomHostNameValidation", "ST035")


def test_a_domain_that_is_bound_is_not_asked_for_again(registrar: Registrar) -> None:
    registrar.records(OWNED)
    registrar.bind("Disabled")
    registrar.records()

    registrar.bind("Auto")


def test_a_binding_by_hand_names_its_certificate(registrar: Registrar) -> None:
    registrar.records(OWNED)

    with pytest.raises(ArmProblem, match="CertificateId property is missing"):
        registrar.bind("SniEnabled")


async def test_a_certificate_wants_the_domain_on_an_app_first(registrar: Registrar) -> None:
    with pytest.raises(ArmProblem, match=f"requires hostname '{NAME}' added as a custom hostname"):
        await registrar.certify()


@pytest.mark.parametrize(
    ("validation", "record"),
    [
        ("CNAME", {"type": "CNAME", "name": NAME, "value": "ca.blue.eastus.azurecontainerapps.io."}),
        ("HTTP", {"type": "A", "name": NAME, "value": "20.1.2.3"}),
    ],
)
async def test_a_certificate_is_issued_for_a_name_that_leads_to_the_app_and_is_bound_by_itself(
    registrar: Registrar, validation: str, record: dict[str, str]
) -> None:
    registrar.records(OWNED)
    registrar.bind()
    with pytest.raises(ArmProblem, match=f"Not found {record['type']} of hostname '{NAME}'"):
        await registrar.certify(validation)

    registrar.records(OWNED, record)
    await registrar.certify(validation)

    app = registrar.state.get(APP)
    assert app is not None
    assert [one["certificateId"] for one in domains_of(app.properties)] == [CERTIFICATE]
    assert registrar.domains.bound(app.properties, registrar.state) is None


async def test_a_later_put_of_the_app_is_bound_again(registrar: Registrar) -> None:
    way = {"type": "CNAME", "name": NAME, "value": "ca.blue.eastus.azurecontainerapps.io"}
    registrar.records(OWNED, way)
    registrar.bind()
    await registrar.certify()

    fresh = registrar.bind()

    bound = registrar.domains.bound(fresh.properties, registrar.state)
    assert bound is not None
    assert bound[0]["certificateId"] == CERTIFICATE


def test_a_damaged_file_of_records_is_named(registrar: Registrar) -> None:
    registrar.zone.path.write_text("{}]")

    with pytest.raises(ArmProblem, match=r"dns\.json is no list of records"):
        registrar.bind()

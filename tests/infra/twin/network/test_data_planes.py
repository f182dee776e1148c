"""What registry, database and vault answer to an app that comes from the internet, and once it does not."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from infra.twin.arm.behaviour import ArmProblem
from infra.twin.config import TwinConfig
from infra.twin.platform import SecretReference
from tests.infra.twin.conftest import (
    ACR_PULL,
    GROUP,
    REGION,
    SUBSCRIPTION,
    TENANT,
    Rehearsal,
    rehearsal,
)

SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
REGISTRY = f"{GROUP}/providers/Microsoft.ContainerRegistry/registries/acrtwin"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv-twin"
COSMOS = f"{GROUP}/providers/Microsoft.DocumentDB/databaseAccounts/cosmos"
MODEL = f"{GROUP}/providers/Microsoft.CognitiveServices/accounts/model"
NETWORK = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/net"
API = {"net": "2024-05-01", "zone": "2024-06-01", "app": "2025-02-02-preview"}
SERVICES = {
    "registry": (REGISTRY, "privatelink.azurecr.io"),
    "Sql": (COSMOS, "privatelink.documents.azure.com"),
    "vault": (VAULT, "privatelink.vaultcore.azure.net"),
    "account": (MODEL, "privatelink.openai.azure.com"),
}


@dataclass
class Closed:
    """Hold a twin whose services are closed, and an app with every role."""

    twin: Rehearsal
    identity: dict[str, Any]

    def token(self, audience: str) -> str:
        found = self.twin.twin.identities.principal(self.identity["id"])
        assert found is not None
        return self.twin.twin.identities.directory.issue(found, audience)[0]

    def pull(self) -> None:
        image = f"{self.twin.login_server}/seatrial:1"
        self.twin.run(self.twin.twin.platform.registry.pull(image, self.identity["id"]))

    def secret(self) -> None:
        source = self.twin.twin.platform.secrets
        assert source is not None
        address = self.twin.arm.get(VAULT, "2024-11-01")["properties"]["vaultUri"]
        reference = SecretReference(name="key", url=f"{address}secrets/key", identity=self.identity["id"])
        self.twin.run(source.read("app", reference))

    def account(self) -> httpx.Response:
        endpoint = self.twin.arm.get(COSMOS, "2025-10-15")["properties"]["documentEndpoint"]
        context = ssl.create_default_context(cafile=str(self.twin.twin.platform.authority_file))
        headers = {
            "Authorization": f"type%3Daad%26ver%3D1.0%26sig%3D{self.token('https://cosmos.azure.com')}",
            "x-ms-date": "Sat, 21 Nov 2026 00:00:00 GMT",
            "x-ms-version": "2020-07-15",
        }
        with httpx.Client(verify=context, trust_env=False) as client:
            return client.get(endpoint, headers=headers)

    def chat(self) -> httpx.Response:
        token = self.token("https://cognitiveservices.azure.com")
        return httpx.post(
            f"{self.twin.services}/openai/v1/chat/completions",
            json={"model": "chat", "messages": []},
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
        )

    def connect(self) -> None:
        arm = self.twin.arm
        for group, (target, name) in SERVICES.items():
            zone = f"{GROUP}/providers/Microsoft.Network/privateDnsZones/{name}"
            endpoint = f"{GROUP}/providers/Microsoft.Network/privateEndpoints/{group}"
            arm.put(zone, {"location": "global"}, API["zone"])
            linked = {"registrationEnabled": False, "virtualNetwork": {"id": NETWORK}}
            arm.put(
                f"{zone}/virtualNetworkLinks/a", {"location": "global", "properties": linked}, API["zone"]
            )
            connection = {"name": group, "properties": {"privateLinkServiceId": target, "groupIds": [group]}}
            properties = {
                "subnet": {"id": f"{NETWORK}/subnets/endpoints"},
                "privateLinkServiceConnections": [connection],
            }
            arm.put(endpoint, {"location": REGION, "properties": properties}, API["net"])
            configs = [{"name": group, "properties": {"privateDnsZoneId": zone}}]
            body = {"properties": {"privateDnsZoneConfigs": configs}}
            arm.put(f"{endpoint}/privateDnsZoneGroups/default", body, API["net"])


def put_services(twin: Rehearsal) -> None:
    closed = {"publicNetworkAccess": "Disabled"}
    premium = {"location": REGION, "sku": {"name": "Premium"}, "properties": closed}
    twin.arm.put(REGISTRY, premium, "2023-01-01-preview")
    vault = {
        "tenantId": TENANT,
        "sku": {"family": "A", "name": "standard"},
        "enableRbacAuthorization": True,
        **closed,
    }
    twin.arm.put(VAULT, {"location": REGION, "properties": vault}, "2024-11-01")
    model = {"customSubDomainName": "model", **closed}
    body = {"location": REGION, "kind": "OpenAI", "sku": {"name": "S0"}, "properties": model}
    twin.arm.put(MODEL, body, "2025-06-01")
    locations = [{"locationName": REGION, "failoverPriority": 0}]
    cosmos = {"databaseAccountOfferType": "Standard", "locations": locations, **closed}
    twin.arm.put(COSMOS, {"location": REGION, "properties": cosmos}, "2025-10-15")


def put_network(twin: Rehearsal) -> str:
    space = {"addressSpace": {"addressPrefixes": ["10.40.0.0/16"]}}
    twin.arm.put(NETWORK, {"location": REGION, "properties": space}, API["net"])
    delegation = {"name": "a", "properties": {"serviceName": "Microsoft.App/environments"}}
    subnets = {
        "environment": {"addressPrefix": "10.40.0.0/23", "delegations": [delegation]},
        "endpoints": {"addressPrefix": "10.40.2.0/27"},
    }
    for name, properties in subnets.items():
        twin.arm.put(f"{NETWORK}/subnets/{name}", {"properties": properties}, API["net"])
    return f"{NETWORK}/subnets/environment"


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Closed]:
    state = tmp_path_factory.mktemp("closed")
    config = TwinConfig(stack="dev", state=state, app_cwd=state, subscription=SUBSCRIPTION, tenant=TENANT)
    with rehearsal(config) as twin:
        twin.group()
        put_services(twin)
        environment = f"{GROUP}/providers/Microsoft.App/managedEnvironments/env"
        given = {"vnetConfiguration": {"infrastructureSubnetId": put_network(twin)}}
        twin.arm.put(environment, {"location": REGION, "properties": given}, API["app"])
        identity = twin.identity()
        principal = identity["properties"]["principalId"]
        twin.role(REGISTRY, principal, ACR_PULL, "a" * 8)
        twin.role(VAULT, principal, SECRETS_USER, "b" * 8)
        body = {
            "location": REGION,
            "identity": {"type": "UserAssigned", "userAssignedIdentities": {identity["id"]: {}}},
            "properties": {"managedEnvironmentId": environment},
        }
        twin.arm.put(f"{GROUP}/providers/Microsoft.App/containerApps/app", body, API["app"])
        yield Closed(twin, identity)


def test_an_app_from_the_internet_is_refused_in_each_services_words_until_it_is_connected(
    closed: Closed,
) -> None:
    with pytest.raises(ArmProblem, match="is not allowed access") as pulled:
        closed.pull()
    with pytest.raises(ArmProblem) as read:
        closed.secret()
    answered = closed.account()
    asked = closed.chat()

    assert pulled.value.finding is not None
    assert pulled.value.finding.code == "ST031"
    assert "no private endpoint of the network net" in pulled.value.finding.message
    assert read.value.finding is not None
    assert read.value.finding.code == "ST031"
    assert "nor via an approved private link" in read.value.finding.message
    assert answered.status_code == 403
    assert "through public internet" in answered.json()["message"]
    assert (asked.status_code, asked.json()["error"]["code"]) == (403, "AccessDenied")
    found = [one.resource for one in closed.twin.twin.journal.findings if one.code == "ST031"]
    assert found == [COSMOS, MODEL]

    closed.connect()

    closed.pull()
    with pytest.raises(ArmProblem) as unset:
        closed.secret()
    assert unset.value.finding is not None
    assert unset.value.finding.code == "ST030"
    assert "does not have required RBAC permissions" in closed.account().text
    assert closed.chat().json()["error"]["code"] == "PermissionDenied"


def test_whoever_runs_the_twin_counts_as_inside(closed: Closed) -> None:
    identities = closed.twin.twin.identities
    token = identities.directory.issue(identities.operator, "https://containerregistry.azure.net")[0]
    form = {"grant_type": "access_token", "service": closed.twin.login_server, "access_token": token}

    answer = httpx.post(f"http://{closed.twin.login_server}/oauth2/exchange", data=form, trust_env=False)

    assert answer.status_code == 200

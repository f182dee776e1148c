"""What stands around the app, through ARM: accepted, filled in, and refused for Azure's reasons."""

import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from infra.twin.client import ArmError
from infra.twin.config import TwinConfig
from infra.twin.runtime.behaviour import ContainerAppBehaviour
from tests.infra.twin.conftest import GROUP, REGION, Rehearsal, rehearsal

CDN, WAF, CACHE, APP = "2025-06-01", "2025-11-01", "2025-07-01", "2025-02-02-preview"
PROFILE = f"{GROUP}/providers/Microsoft.Cdn/profiles/afd"
ENDPOINT = f"{PROFILE}/afdEndpoints/fde"
ORIGINS = f"{PROFILE}/originGroups/app"
POLICY = f"{GROUP}/providers/Microsoft.Network/FrontDoorWebApplicationFirewallPolicies/waf"
CLUSTER = f"{GROUP}/providers/Microsoft.Cache/redisEnterprise/redis"
STANDARD, PREMIUM = ({"name": f"{tier}_AzureFrontDoor"} for tier in ("Standard", "Premium"))
PROBE = {"probePath": "/health/live", "probeProtocol": "Https", "probeIntervalInSeconds": 100}


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    state = tmp_path_factory.mktemp("state")
    config = TwinConfig(stack="dev", state=state, app_cwd=state, app_command=(sys.executable,))
    with rehearsal(config, ContainerAppBehaviour) as started:
        started.group()
        yield started


def profile(twin: Rehearsal, sku: dict[str, str] = STANDARD) -> dict[str, Any]:
    return twin.arm.put(PROFILE, {"location": "Global", "sku": sku, "properties": {}}, CDN)


def origins(twin: Rehearsal, **probe: Any) -> None:
    twin.arm.put(ORIGINS, {"properties": {"healthProbeSettings": {**PROBE, **probe}}}, CDN)


def route(twin: Rehearsal) -> None:
    body = {"properties": {"originGroup": {"id": ORIGINS}, "patternsToMatch": ["/*"]}}
    twin.arm.put(f"{ENDPOINT}/routes/app", body, CDN)


def policy(twin: Rehearsal, sku: dict[str, str], **properties: Any) -> None:
    twin.arm.put(POLICY, {"location": "Global", "sku": sku, "properties": properties}, WAF)


def code_of(error: pytest.ExceptionInfo[ArmError]) -> str:
    return error.value.finding.code if error.value.finding else ""


def test_a_profile_has_an_id_that_it_keeps_and_an_endpoint_a_host(twin: Rehearsal) -> None:
    first, again = profile(twin)["properties"], profile(twin)["properties"]
    endpoint = twin.arm.put(ENDPOINT, {"location": "Global", "properties": {}}, CDN)

    assert first["frontDoorId"] == again["frontDoorId"]
    assert endpoint["properties"]["hostName"].startswith("localhost:")


@pytest.mark.parametrize(
    ("probe", "words"),
    [({"probePath": "health"}, "ProbePath"), ({"probeIntervalInSeconds": 0}, "ProbeIntervalInSeconds")],
)
def test_a_probe_out_of_bounds_is_refused(twin: Rehearsal, probe: dict[str, Any], words: str) -> None:
    profile(twin)

    with pytest.raises(ArmError, match=words):
        origins(twin, **probe)


def test_a_route_wants_an_origin_and_one_to_nowhere_is_told(twin: Rehearsal) -> None:
    profile(twin)
    host = twin.arm.put(ENDPOINT, {"location": "Global", "properties": {}}, CDN)["properties"]["hostName"]
    origins(twin)
    with pytest.raises(ArmError, match="at least one enabled origin"):
        route(twin)

    nowhere = {"hostName": "shop.example.com", "originHostHeader": "shop.example.com"}
    twin.arm.put(f"{ORIGINS}/origins/app", {"properties": nowhere}, CDN)
    route(twin)

    assert [one["code"] for one in twin.admin.status()["findings"]] == ["ST036"]
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://{host}/", trust_env=False)


def test_managed_rules_want_premium(twin: Rehearsal) -> None:
    managed = {"managedRuleSets": [{"ruleSetType": "Microsoft_DefaultRuleSet", "ruleSetVersion": "2.1"}]}

    with pytest.raises(ArmError, match="need Premium_AzureFrontDoor") as refused:
        policy(twin, STANDARD, managedRules=managed)

    policy(twin, PREMIUM, managedRules=managed)
    assert code_of(refused) == "ST037"


def test_a_firewall_and_its_profile_have_one_tier(twin: Rehearsal) -> None:
    profile(twin)
    twin.arm.put(ENDPOINT, {"location": "Global", "properties": {}}, CDN)
    policy(twin, PREMIUM)
    guard = {"domains": [{"id": ENDPOINT}], "patternsToMatch": ["/*"]}
    parameters = {"type": "WebApplicationFirewall", "wafPolicy": {"id": POLICY}, "associations": [guard]}

    with pytest.raises(ArmError, match="tiers must be the same") as refused:
        twin.arm.put(f"{PROFILE}/securityPolicies/app", {"properties": {"parameters": parameters}}, CDN)

    assert code_of(refused) == "ST037"


def test_a_cache_has_an_address_and_one_database_with_one_policy(twin: Rehearsal) -> None:
    body = {"location": REGION, "sku": {"name": "Balanced_B0"}}
    with pytest.raises(ArmError, match="Required property 'publicNetworkAccess'"):
        twin.arm.put(CLUSTER, {**body, "properties": {}}, CACHE)
    made = twin.arm.put(CLUSTER, {**body, "properties": {"publicNetworkAccess": "Enabled"}}, CACHE)

    assert made["properties"]["hostName"] == f"redis.{REGION}.redis.azure.net"
    assert made["properties"]["highAvailability"] == "Enabled"
    with pytest.raises(ArmError, match="must be 'default'"):
        twin.arm.put(f"{CLUSTER}/databases/other", {"properties": {}}, CACHE)
    database = f"{CLUSTER}/databases/default"
    twin.arm.put(database, {"properties": {}}, CACHE)
    access = {"accessPolicyName": "Data Owner", "user": {"objectId": "1"}}
    with pytest.raises(ArmError, match="policy 'Data Owner' does not exist"):
        twin.arm.put(f"{database}/accessPolicyAssignments/app", {"properties": access}, CACHE)


def test_a_sign_in_has_one_name_and_a_registration(twin: Rehearsal) -> None:
    app = f"{GROUP}/providers/Microsoft.App/containerApps/ca"
    environment = f"{GROUP}/providers/Microsoft.App/managedEnvironments/cae"
    twin.arm.put(environment, {"location": REGION, "properties": {}}, APP)
    template = {"containers": [{"name": "app", "image": "mcr.microsoft.com/k8se/quickstart:latest"}]}
    body = {"location": REGION, "properties": {"environmentId": environment, "template": template}}
    twin.arm.put(app, body, APP, wait=False)
    provider = {"azureActiveDirectory": {"enabled": True}}
    properties = {"platform": {"enabled": True}, "identityProviders": provider}

    with pytest.raises(ArmError, match="only supported name is 'current'"):
        twin.arm.put(f"{app}/authConfigs/mine", {"properties": properties}, APP)
    with pytest.raises(ArmError, match="has no registration"):
        twin.arm.put(f"{app}/authConfigs/current", {"properties": properties}, APP)

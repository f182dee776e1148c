"""A stack in a network of its own: what the program asks for, and what it costs."""

from typing import Any

import pytest

from infra.config import load_stack
from infra.cost.estimate import estimate
from infra.cost.model import Status
from infra.plan import Plan, PlannedResource
from infra.policy.limits import limits_from
from infra.policy.network import public_network
from infra.project import Project
from infra.stack_file import StackFileError
from infra.synthesis import synthesise
from tests.infra.cost.plans import cents, usage

OFFICE, RUNNER = "203.0.113.0/24", "198.51.100.7/32"
PRIVATE: dict[str, Any] = {"network": {"zoneRedundant": True}, "registrySku": "Premium", "vault": True}
OPENED: dict[str, Any] = {
    **PRIVATE,
    "network": {"addressSpace": "10.8.0.0/24", "internal": True, "allow": [OFFICE, RUNNER]},
    "app.allow": [OFFICE],
}
ZONES = {
    "privatelink.azurecr.io",
    "privatelink.documents.azure.com",
    "privatelink.openai.azure.com",
    "privatelink.vaultcore.azure.net",
}


@pytest.fixture(scope="module")
def plan(project: Project, bytecode: None) -> Plan:
    return synthesise(project, "dev", PRIVATE)


@pytest.fixture(scope="module")
def opened(project: Project, bytecode: None) -> Plan:
    return synthesise(project, "dev", OPENED)


def one(plan: Plan, name: str) -> PlannedResource:
    (found,) = (resource for resource in plan.resources if resource.name == name)
    return found


def named(plan: Plan, *names: str) -> list[dict[str, Any]]:
    return [one(plan, name).inputs for name in names]


def test_the_environment_has_a_delegated_subnet_to_itself_made_last(plan: Plan) -> None:
    network, subnet, environment = named(plan, "network", "network-environment", "environment")

    assert network["addressSpace"] == {"addressPrefixes": ["10.40.0.0/16"]}
    assert subnet["addressPrefix"] == "10.40.0.0/23"
    assert [one["serviceName"] for one in subnet["delegations"]] == ["Microsoft.App/environments"]
    assert one(plan, "network-endpoints").urn in one(plan, "network-environment").depends_on
    given = environment["vnetConfiguration"]
    assert given["infrastructureSubnetId"].endswith("/virtualNetworks/vnet-seatrial-dev/subnets/environment")
    assert given["internal"] is False
    assert environment["zoneRedundant"] is True


@pytest.mark.parametrize(
    ("name", "group", "target"),
    [
        ("private-registry", "registry", "/registries/"),
        ("private-sql", "Sql", "/databaseAccounts/"),
        ("private-account", "account", "/accounts/"),
        ("private-vault", "vault", "/vaults/"),
    ],
)
def test_each_service_has_an_endpoint_records_and_a_linked_zone_before_the_app(
    plan: Plan, name: str, group: str, target: str
) -> None:
    endpoint, records, link = named(plan, name, f"{name}-records", f"{name}-link")

    (connection,) = endpoint["privateLinkServiceConnections"]
    assert connection["groupIds"] == [group]
    assert target in connection["privateLinkServiceId"]
    assert endpoint["subnet"]["id"].endswith("/subnets/endpoints")
    assert {one(plan, "cosmos-runs").urn, one(plan, "model-deployment").urn} <= set(
        one(plan, name).depends_on
    )
    (config,) = records["privateDnsZoneConfigs"]
    assert config["privateDnsZoneId"].rpartition("/")[2] in ZONES
    assert link["privateZoneName"] in ZONES
    assert link["virtualNetwork"]["id"].endswith("/virtualNetworks/vnet-seatrial-dev")
    assert {one(plan, f"{name}-records").urn, one(plan, f"{name}-link").urn} <= set(
        one(plan, "app").depends_on
    )


def test_registry_database_model_and_vault_answer_nobody_else(plan: Plan) -> None:
    registry, cosmos, model, vault = named(plan, "registry", "cosmos", "model", "vault")

    assert model["properties"]["publicNetworkAccess"] == "Disabled"
    limits = limits_from({"publicNetwork": False})
    assert [one for one in plan.resources for _ in public_network(one, limits)] == []

    assert registry["publicNetworkAccess"] == "Disabled"
    assert cosmos["publicNetworkAccess"] == "Disabled"
    assert vault["properties"]["publicNetworkAccess"] == "Disabled"
    assert vault["properties"]["networkAcls"]["defaultAction"] == "Deny"


def test_named_addresses_may_push_and_set_secrets_and_the_database_stays_closed(opened: Plan) -> None:
    registry, cosmos, vault = named(opened, "registry", "cosmos", "vault")

    assert registry["publicNetworkAccess"] == "Enabled"
    assert registry["networkRuleSet"]["defaultAction"] == "Deny"
    pushers = [rule["iPAddressOrRange"] for rule in registry["networkRuleSet"]["ipRules"]]
    assert pushers == [OFFICE, "198.51.100.7"]
    assert vault["properties"]["networkAcls"]["ipRules"] == [{"value": OFFICE}, {"value": "198.51.100.7"}]
    assert vault["properties"]["networkAcls"]["defaultAction"] == "Deny"
    assert cosmos["publicNetworkAccess"] == "Disabled"


def test_the_address_space_is_divided_and_the_environment_may_be_internal(opened: Plan) -> None:
    environment, first, last = named(opened, "environment", "network-environment", "network-endpoints")

    assert environment["vnetConfiguration"]["internal"] is True
    assert (first["addressPrefix"], last["addressPrefix"]) == ("10.8.0.0/25", "10.8.0.224/27")


def test_the_ingress_admits_the_ranges_of_the_stack_file(opened: Plan, plan: Plan) -> None:
    ingress = one(opened, "app").inputs["configuration"]["ingress"]

    assert ingress["ipSecurityRestrictions"] == [
        {"name": "allow-1", "action": "Allow", "ipAddressRange": OFFICE}
    ]
    assert "ipSecurityRestrictions" not in one(plan, "app").inputs["configuration"]["ingress"]


def test_endpoints_and_zones_are_priced_and_the_network_is_free(plan: Plan) -> None:
    costs = {cost.name: cost for cost in estimate(plan, usage=usage()).resources}

    assert cents(costs["private-registry"].monthly("idle")) == "7.30"
    assert cents(costs["private-sql-zone"].monthly("idle")) == "0.50"
    assert cents(costs["registry"].monthly("idle")) == "50.00"
    free = ("network", "network-environment", "network-endpoints")
    assert {costs[name].status for name in free} == {Status.FREE}
    assert {costs[f"private-vault-{part}"].status for part in ("link", "records")} == {Status.INCLUDED}
    assert Status.UNSUPPORTED not in {cost.status for cost in costs.values()}


def test_a_stack_without_the_key_has_no_network(plan_of: Any) -> None:
    types = {resource.type for resource in plan_of("dev").resources}

    assert not [one for one in types if one.startswith(("azure-native:network:", "azure-native:privatedns:"))]


def test_a_network_wants_a_premium_registry(project: Project) -> None:
    with pytest.raises(StackFileError, match="only a Premium registry has private endpoints"):
        load_stack(project, "dev", {"network": {}})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("network.addressSpace", "10.0.0.1/16"),
        ("network.allow", ["office"]),
        ("app.allow", ["2001:db8::/32"]),
    ],
)
def test_a_range_is_written_in_cidr_notation(project: Project, key: str, value: object) -> None:
    with pytest.raises(StackFileError, match=f"seatrial:{key}.*CIDR notation"):
        load_stack(project, "dev", {"registrySku": "Premium", key: value})


def test_zone_redundancy_belongs_to_the_network(project: Project) -> None:
    with pytest.raises(StackFileError, match=r"app\.zoneRedundant True is no key"):
        load_stack(project, "dev", {"app.zoneRedundant": True})


@pytest.mark.long
def test_copies_of_the_database_in_further_regions_are_paid_for_each(project: Project, plan_of: Any) -> None:
    further = {"database.regions": ["westus3", "northeurope"]}

    one_region, three = plan_of("prod"), synthesise(project, "prod", further)

    account = one(three, "cosmos").inputs
    assert [(place["locationName"], place["failoverPriority"]) for place in account["locations"]] == [
        (one(one_region, "cosmos").inputs["location"], 0),
        ("westus3", 1),
        ("northeurope", 2),
    ]
    assert account["enableAutomaticFailover"] is True
    floors = [
        next(one for one in estimate(plan, usage=usage()).resources if one.name == "cosmos-database").monthly(
            "idle"
        )
        for plan in (one_region, three)
    ]
    assert floors[0] is not None
    assert floors[1] == floors[0] * 3


@pytest.mark.parametrize(
    ("stack", "regions", "said"),
    [
        ("dev", ["westus3"], "a serverless account has one region"),
        ("prod", ["westus3", "westus3"], "names one twice"),
    ],
)
def test_regions_that_no_account_could_have_are_refused(
    project: Project, stack: str, regions: list[str], said: str
) -> None:
    with pytest.raises(StackFileError, match=said):
        load_stack(project, stack, {"database.regions": regions})


@pytest.fixture(scope="module")
def twice(project: Project, bytecode: None) -> Plan:
    overrides = {
        "secondRegion": "swedencentral",
        "registrySku": "Premium",
        "database.regions": ["swedencentral"],
    }
    return synthesise(project, "prod", overrides)


def test_a_second_region_runs_the_same_app_beside_the_first(twice: Plan) -> None:
    first, second, environment, copy = named(
        twice, "app", "second-app", "second-environment", "second-registry"
    )

    assert second["location"] == environment["location"] == copy["location"] == "swedencentral"
    assert second["containerAppName"] == "ca-seatrial-prod-second"
    assert second["managedEnvironmentId"].endswith(f"/managedEnvironments/{environment['environmentName']}")
    assert second["template"] == first["template"]
    assert second["identity"] == first["identity"]
    before = one(twice, "second-app").depends_on
    assert {one(twice, "second-registry").urn, one(twice, "app").urn} <= set(before)


def test_a_second_region_is_priced_by_what_always_runs_there(twice: Plan) -> None:
    costs = {cost.name: cost for cost in estimate(twice, usage=usage()).resources}
    idle, second = costs["app"].monthly("idle"), costs["second-app"]

    assert idle is not None
    assert second.monthly("idle") == second.monthly("expected") == idle
    assert cents(costs["second-registry"].monthly("idle")) == "50.00"
    assert Status.UNSUPPORTED not in {cost.status for cost in costs.values()}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"registrySku": "Premium"}, "is not in database.regions"),
        ({"database.regions": ["swedencentral"]}, "only Premium has copies"),
        (
            {"registrySku": "Premium", "database.regions": ["swedencentral"], "network": {}},
            "no way to closed",
        ),
    ],
)
def test_a_second_region_without_what_it_needs_is_refused(
    project: Project, more: dict[str, Any], said: str
) -> None:
    with pytest.raises(StackFileError, match=said):
        load_stack(project, "prod", {"secondRegion": "swedencentral", **more})

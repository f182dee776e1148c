"""What each kind of resource is billed by, and what is said where that is not known."""

from typing import Any

import pytest

from infra.cost.model import COLUMNS, Basis, Status
from infra.plan import PlannedResource
from tests.infra.cost.plans import (
    app,
    cents,
    cosmos,
    cost_of,
    database,
    gpt,
    line,
    plan,
    planned,
    priced,
    serverless,
    usage,
    workspace,
)

PROFILE = {"name": "big", "workloadProfileType": "D4", "minimumCount": 1, "maximumCount": 3}


def test_an_unknown_type_makes_the_total_incomplete() -> None:
    found = priced(planned("kusto:Cluster"), app(0.5, "1Gi", 1))

    assert found.resources[1].status is Status.UNSUPPORTED
    assert found.resources[1].monthly("idle") is None
    assert "kusto:Cluster" in found.missing("idle")[0]
    assert not found.complete


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("random:index/randomPet:RandomPet", Status.FREE),
        ("pulumi:pulumi:StackReference", Status.EXTERNAL),
        ("aws:s3/bucket:Bucket", Status.UNSUPPORTED),
    ],
)
def test_what_is_not_azure(kind: str, status: Status) -> None:
    resource = PlannedResource(type=kind, name="x", inputs={}, urn="urn:x")

    assert priced(resource).resources[1].status is status


def test_a_region_without_a_price_is_said_and_never_zero() -> None:
    found = priced(cosmos(), database(throughput=400), region="westeurope")

    assert found.resources[2].monthly("idle") is None
    assert any("cosmos-throughput" in sentence for sentence in found.missing("idle"))


def test_an_input_that_is_not_known_is_unresolved() -> None:
    found = priced(planned("containerregistry:Registry", sku=None))

    assert found.resources[1].status is Status.UNRESOLVED
    assert not found.complete


def test_use_without_a_usage_file_is_unknown_and_only_idle_is_complete() -> None:
    found = priced(app(0.5, "1Gi", 0, 3))

    assert found.total("idle") == 0
    assert found.missing("idle") == ()
    assert all(one.monthly("expected") is None for one in found.lines)
    assert all("no usage figure" in sentence for sentence in found.unpriced)


def test_an_app_on_a_dedicated_profile_is_paid_by_its_environment() -> None:
    environment = planned("app:ManagedEnvironment", workloadProfiles=[PROFILE])
    running = app(0.5, "1Gi", 1, workloadProfileName="big")
    inside = app(0.5, "1Gi", 1, workloadProfileName="big", configuration={"ingress": {"external": False}})

    assert cost_of(inside, environment).status is Status.INCLUDED
    assert [one.component for one in cost_of(running, environment).lines] == ["Data out"]
    assert cost_of(running).status is Status.UNRESOLVED


def test_nodes_above_the_minimum_are_not_guessed() -> None:
    found = cost_of(planned("app:ManagedEnvironment", workloadProfiles=[PROFILE]), usage=usage())

    assert line(found, "Profile big, vCPU above minimum").monthly("expected") is None


@pytest.mark.parametrize(
    "other",
    [
        planned("app:MaintenanceConfiguration"),
        planned(
            "network:PrivateEndpoint", privateLinkServiceConnections=[{"groupIds": ["managedEnvironments"]}]
        ),
    ],
)
def test_private_access_to_an_environment_costs_the_management_fee(other: PlannedResource) -> None:
    environment = planned("app:ManagedEnvironment", workloadProfiles=[])

    assert cents(cost_of(environment, other).monthly("idle")) == "73.00"
    assert cost_of(environment).status is Status.FREE


def test_a_canary_doubles_the_minimum_while_it_lasts() -> None:
    multiple = {"activeRevisionsMode": "Multiple"}
    overlap = usage(releases={"perMonth": 10, "overlapMinutes": 438})  # a tenth of a month
    found = cost_of(app(0.5, "1Gi", 2, configuration=multiple), usage=overlap)

    always, canary = (
        line(found, "vCPU, active").monthly("idle"),
        line(found, "vCPU, canary").monthly("expected"),
    )
    assert always is not None
    assert canary == always / 10


def test_two_weighted_revisions_cost_twice_all_the_time() -> None:
    traffic = [{"revisionName": "a", "weight": 90}, {"revisionName": "b", "weight": 10}]
    both = {"activeRevisionsMode": "Multiple", "ingress": {"external": True, "traffic": traffic}}
    one, two = app(0.5, "1Gi", 1), app(0.5, "1Gi", 1, configuration=both)

    assert cents(priced(one).total("idle")) == "39.42"
    assert cents(priced(two).total("idle")) == "78.84"


def test_requests_from_inside_are_free() -> None:
    inner = app(0.5, "1Gi", 1, configuration={"ingress": {"external": False}})

    assert line(cost_of(inner, usage=usage()), "Requests").monthly("expected") == 0


def test_a_job_is_billed_while_it_runs() -> None:
    template = {"containers": [{"resources": {"cpu": 1, "memory": "2Gi"}}]}
    job = planned("app:Job", jobName="clean", template=template)
    runs = usage(jobs={"clean": {"perMonth": 100, "seconds": 60}})

    assert cents(cost_of(job, usage=runs).monthly("expected")) == "0.18"
    assert cost_of(job, usage=usage()).monthly("expected") is None


def test_each_region_of_an_account_is_paid() -> None:
    both = [{"locationName": "eastus"}, {"locationName": "westus2"}]
    found = cost_of(database(throughput=400), cosmos(locations=both))

    assert cents(found.monthly("idle")) == "46.72"


def test_many_write_regions_have_a_meter_without_a_sourced_price() -> None:
    found = cost_of(database(throughput=400), cosmos(enableMultipleWriteLocations=True))

    assert found.lines[0].meter == "cosmos-multi-write"
    assert found.monthly("idle") is None


def test_the_free_tier_of_an_account_takes_a_thousand_units() -> None:
    assert cents(cost_of(database(throughput=1400), cosmos(enableFreeTier=True)).monthly("idle")) == "23.36"


def test_the_free_tier_of_an_account_is_given_out_once() -> None:
    def sized(name: str, units: int) -> PlannedResource:
        return planned(
            "cosmosdb:SqlResourceSqlDatabase", name, accountName="db", options={"throughput": units}
        )

    found = priced(sized("a", 800), sized("b", 600), cosmos(enableFreeTier=True))

    assert [line.quantity["idle"] for line in found.lines[:2]] == [0, 4 * 730]


@pytest.mark.parametrize("name", [None, "urn:other"])
def test_a_name_that_is_not_known_yet_means_the_only_account(name: str | None) -> None:
    named = planned("cosmosdb:SqlResourceSqlDatabase", accountName=name, options={"throughput": 400})
    other = planned("cosmosdb:DatabaseAccount", "second", locations=[{"locationName": "eastus"}])

    assert cents(cost_of(named, cosmos()).monthly("idle")) == "23.36"
    assert cost_of(named, cosmos(), other).status is Status.UNRESOLVED


def test_two_periodic_backups_are_free_and_the_rest_is_paid() -> None:
    def copies(interval: int, hours: int) -> set[str]:
        policy = {"backupIntervalInMinutes": interval, "backupRetentionIntervalInHours": hours}
        account = cosmos(backupPolicy={"periodicModeProperties": policy})
        return {one.component for one in cost_of(account).lines}

    assert "Backup copies" not in copies(240, 8)
    assert "Backup copies" in copies(240, 12)


def test_seven_days_of_restore_are_free_and_thirty_are_not() -> None:
    def parts(tier: str) -> set[str]:
        policy = {"continuousModeProperties": {"tier": tier}}
        return {one.component for one in cost_of(cosmos(backupPolicy=policy)).lines}

    assert "Backup, 30 days" not in parts("Continuous7Days")
    assert "Backup, 30 days" in parts("Continuous30Days")


def test_a_turn_cannot_be_split_over_two_accounts() -> None:
    other = planned("cosmosdb:DatabaseAccount", name="other", accountName="b", locations=[{}])

    assert cost_of(serverless(), other, usage=usage()).monthly("expected") is None


def test_the_daily_cap_bounds_what_logs_cost() -> None:
    loud = usage(turn={"logBytes": 10_000_000})
    found = cost_of(workspace(workspaceCapping={"dailyQuotaGb": 1}), usage=loud)

    assert line(found, "Ingestion").quantity["busy"] == 30


def test_logs_of_a_commitment_tier_are_paid_by_the_day() -> None:
    tier = {"name": "CapacityReservation", "capacityReservationLevel": 100}
    reserved = planned("operationalinsights:Workspace", sku=tier)
    found = cost_of(reserved, region="westeurope", usage=usage())

    assert cents(line(found, "Commitment, 100 GB a day").monthly("idle")) == "7585.20"
    assert line(found, "Ingestion above the commitment").monthly("busy") == 0
    assert cost_of(reserved).monthly("idle") is None


def test_workspace_based_telemetry_is_billed_once() -> None:
    assert (
        cost_of(planned("applicationinsights:Component", workspaceResourceId="/x")).status is Status.INCLUDED
    )
    assert cost_of(planned("applicationinsights:Component")).status is Status.UNSUPPORTED


def test_dimensions_multiply_the_series_of_an_alert() -> None:
    def alert(*values: str) -> PlannedResource:
        dimension = {"name": "revision", "operator": "Include", "values": list(values)}
        return planned("monitor:MetricAlert", scopes=["x"], criteria={"allOf": [{"dimensions": [dimension]}]})

    assert cents(cost_of(alert("a", "b", "c")).monthly("idle")) == "0.30"
    assert cost_of(alert("*")).monthly("expected") is None


def test_a_web_test_is_paid_by_run_and_place() -> None:
    test = planned("applicationinsights:WebTest", webTestKind="standard", frequency=300, locations=[{}, {}])

    assert cents(cost_of(test).monthly("idle")) == "8.76"
    assert cost_of(planned("applicationinsights:WebTest", enabled=False)).status is Status.FREE


def test_each_receiver_gets_each_notice() -> None:
    group = planned("monitor:ActionGroup", emailReceivers=[{}, {}])

    assert line(cost_of(group, usage=usage(notifications=500)), "E-mails").quantity["expected"] == 1000
    assert cost_of(planned("monitor:ActionGroup", emailReceivers=[])).status is Status.FREE


def test_a_vault_needs_a_figure_of_its_operations() -> None:
    vault = planned("keyvault:Vault", properties={"sku": {"name": "standard"}})

    assert cost_of(vault, usage=usage()).monthly("expected") is None
    assert cents(cost_of(vault, usage=usage(keyVaultOperations=1_000_000)).monthly("expected")) == "3.00"


def test_front_door_is_metered_by_its_tier_though_no_price_is_sourced() -> None:
    profile = planned("cdn:Profile", sku={"name": "Premium_AzureFrontDoor"})
    found = priced(profile, usage=usage())

    assert [one.meter for one in found.lines][:2] == ["front-door-premium", "front-door-premium-requests"]
    assert line(cost_of(profile, usage=usage()), "Base fee").quantity["idle"] == 1
    assert any("front-door-premium" in sentence for sentence in found.missing("idle"))
    assert any("front-door-premium-requests" in sentence for sentence in found.missing("expected"))


def test_a_managed_cache_is_metered_by_its_nodes_though_no_price_is_sourced() -> None:
    one = planned("redisenterprise:RedisEnterprise", sku={"name": "Balanced_B1"}, highAvailability="Disabled")
    two = planned("redisenterprise:RedisEnterprise", sku={"name": "Balanced_B1"})

    assert [cost_of(cache).lines[0].quantity["idle"] for cache in (one, two)] == [730, 1460]
    assert cost_of(one).lines[0].meter == "redis-balanced-b1"
    assert cost_of(one).monthly("idle") is None
    flash = planned("redisenterprise:RedisEnterprise", sku={"name": "EnterpriseFlash_F300"})
    assert cost_of(flash).status is Status.UNSUPPORTED


def test_what_leaves_by_front_door_does_not_leave_by_the_app() -> None:
    profile = planned("cdn:Profile", sku={"name": "Standard_AzureFrontDoor"})

    assert "Data out" in {one.component for one in cost_of(app(1, "2Gi", 1)).lines}
    assert "Data out" not in {one.component for one in cost_of(app(1, "2Gi", 1), profile).lines}


def test_provisioned_throughput_is_fixed_and_by_the_unit() -> None:
    found = cost_of(gpt(sku="GlobalProvisionedManaged", capacity=15))

    assert found.lines[0].quantity["idle"] == 15 * 730
    assert found.monthly("idle") is None


def test_of_two_models_the_usage_file_says_which_answers() -> None:
    both = (gpt(), gpt("gpt-5-mini"))

    assert priced(*both, usage=usage()).missing("expected")
    told = priced(*both, usage=usage(model="gpt-5-mini"))
    assert told.resources[1].monthly("expected") == 0
    assert told.resources[2].monthly("expected")


def test_cached_tokens_are_part_of_the_input() -> None:
    found = cost_of(gpt(), usage=usage(turn={"cachedTokens": 3500}))

    assert line(found, "Tokens in").monthly("expected") == 0
    assert (
        line(found, "Tokens in, cached").quantity["expected"]
        == line(cost_of(gpt(), usage=usage()), "Tokens in").quantity["expected"]
    )


def test_every_line_has_an_id_of_its_own_and_says_how_it_came_about() -> None:
    found = priced(app(0.5, "1Gi", 1, 3), serverless(), workspace(), gpt(), usage=usage())

    assert len({one.id for one in found.lines}) == len(found.lines)
    assert line(found, "Tokens in").id == "deployment-gpt-4.1-mini.tokens-in"
    assert all(one.formula for one in found.lines)
    assert any("modelled" in step for step in line(found, "Requests, serverless").formula)


def test_only_what_depends_on_use_grows_when_busy() -> None:
    found = priced(app(0.5, "1Gi", 1, 3), serverless(), gpt(), usage=usage(peakFactor=3))

    assert len({found.total(column, Basis.FIXED) for column in COLUMNS}) == 1
    assert found.total("busy", Basis.USAGE) > found.total("expected", Basis.USAGE)
    assert found.total("idle", Basis.USAGE) == 0


@pytest.mark.parametrize(
    "token", ["network:VirtualNetwork", "network:NetworkSecurityGroup", "portal:Dashboard"]
)
def test_what_is_free_is_said_to_be(token: str) -> None:
    assert cost_of(planned(token)).status is Status.FREE


def test_a_plan_knows_its_groups_region() -> None:
    inputs: dict[str, Any] = {"location": "West Europe"}
    found = priced(planned("containerregistry:Registry", sku={"name": "Basic"}, **inputs))

    assert found.lines[0].region == "westeurope"
    assert plan().resources[0].inputs["location"] == "eastus"


def test_resources_that_share_a_name_do_not_share_a_line() -> None:
    twins = [planned("monitor:MetricAlert", "same", scopes=["x"], criteria={"allOf": [{}]}) for _ in range(2)]

    assert [one.id for one in priced(*twins).lines] == [
        "same.metric-time-series",
        "same.metric-time-series-2",
    ]

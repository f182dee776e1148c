"""What is refused before anything starts, in Azure's words."""

import pytest

from tests.infra.twin.runtime.conftest import IDENTITY


def container(properties):
    return properties["template"]["containers"][0]


def sized(properties, cpu, memory):
    container(properties)["resources"] = {"cpu": cpu, "memory": memory}


@pytest.mark.parametrize(("cpu", "memory"), [(0.25, "0.5Gi"), (0.5, "1Gi"), ("0.75", "1.5Gi"), (4, "8.0Gi")])
async def test_the_pairs_of_the_consumption_plan_are_accepted(twin, build, cpu, memory):
    properties = build()
    sized(properties, cpu, memory)

    await twin.put(properties)


@pytest.mark.parametrize(("cpu", "memory"), [(0.5, "2Gi"), (0.3, "0.6Gi"), (4.25, "8.5Gi"), (0, "0Gi")])
async def test_another_pair_is_refused_with_the_list_of_pairs(twin, build, cpu, memory):
    properties = build()
    sized(properties, cpu, memory)

    problem = await twin.refused(properties)

    assert (problem.status, problem.code) == (400, "ContainerAppInvalidResourceTotal")
    assert problem.finding.code == "ST003"
    assert "[cpu: 0.25, memory: 0.5Gi]; [cpu: 0.5, memory: 1.0Gi]" in problem.message


async def test_memory_has_the_unit_gi(twin, build):
    properties = build()
    sized(properties, 0.5, "1024Mi")

    problem = await twin.refused(properties)

    assert "invalid memory resource request: '1024Mi'" in problem.message


async def test_a_secret_that_is_referred_to_must_be_declared(twin, build):
    properties = build(secrets=[{"name": "other", "value": "x"}])
    container(properties)["env"].append({"name": "KEY", "secretRef": "api-key"})

    problem = await twin.refused(properties)

    assert problem.code == "ContainerAppSecretRefNotFound"
    assert problem.message == "SecretRef 'api-key' defined for container 'app' not found."
    assert problem.finding.code == "ST004"
    assert "declared: other" in problem.finding.fix


async def test_a_secret_needs_a_value_or_a_key_vault_reference(twin, build):
    problem = await twin.refused(build(secrets=[{"name": "empty"}]))

    assert problem.code == "ContainerAppSecretInvalid"
    assert "value or keyVaultUrl and identity should be provided" in problem.message


@pytest.mark.parametrize(
    ("field", "value", "highest"),
    [
        ("initialDelaySeconds", 61, 60),
        ("periodSeconds", 0, 240),
        ("timeoutSeconds", 241, 240),
        ("failureThreshold", 11, 10),
        ("successThreshold", 2, 1),
    ],
)
async def test_probe_numbers_have_ranges(twin, build, field, value, highest):
    properties = build()
    container(properties)["probes"][0][field] = value

    problem = await twin.refused(properties)

    assert problem.code == f"ContainerAppProbe{field[0].upper()}{field[1:]}OutOfRange"
    assert f"['1', '{highest}']" in problem.message
    assert problem.finding.fix.endswith(f"it is {value}.")


async def test_readiness_may_ask_for_several_successes(twin, build, probe):
    await twin.put(build(probes=[probe("Readiness", successThreshold=2)]))


async def test_a_registrys_identity_must_be_one_of_the_apps(twin, build):
    stranger = "/subscriptions/0/resourceGroups/rg/providers/Microsoft.ManagedIdentity/x/other"

    problem = await twin.refused(build(registries=[{"server": "localhost:7777", "identity": stranger}]))

    assert problem.finding.code == "ST005"
    assert "is not assigned" in problem.message


async def test_traffic_weights_add_up_to_a_hundred(twin, build):
    traffic = [{"latestRevision": True, "weight": 60}, {"revisionName": "ca-app--a", "weight": 30}]

    problem = await twin.refused(build(ingress={"external": True, "targetPort": 8000, "traffic": traffic}))

    assert "must be 100 but it is 90" in problem.message


@pytest.mark.parametrize("name", ["A", "1app", "an--app", "app-", "a" * 33, "x"])
async def test_an_apps_name_follows_the_rules(twin, build, name):
    folder = "/subscriptions/0/resourceGroups/rg/providers/Microsoft.App/containerApps"

    with pytest.raises(Exception, match="Invalid ContainerApp name"):
        await twin.put(build(), f"{folder}/{name}")


@pytest.mark.parametrize(
    "change",
    [
        lambda properties: properties["template"].update(containers=[]),
        lambda properties: properties["template"]["containers"].append(container(properties)),
        lambda properties: container(properties).update(name="My_App"),
        lambda properties: properties["template"].update(revisionSuffix="V--1"),
        lambda properties: properties["template"]["scale"].update(minReplicas=3),
        lambda properties: properties["configuration"]["ingress"].update(targetPort=70000),
        lambda properties: container(properties)["probes"].append(container(properties)["probes"][0]),
        lambda properties: container(properties)["probes"][0].pop("httpGet"),
    ],
)
async def test_other_broken_fields_are_refused_before_anything_is_pulled(twin, build, registry, change):
    properties = build()
    change(properties)

    problem = await twin.refused(properties)

    assert problem.status == 400
    assert problem.finding is not None
    assert registry.pulls == []


UNRESOLVED = "secret api-key: its reference to kv.vault.azure.net, no vault of the twin, was not resolved"


def vault_secret(identity):
    return [{"name": "api-key", "keyVaultUrl": "https://kv.vault.azure.net/secrets/k", "identity": identity}]


@pytest.mark.parametrize("identity", ["/subscriptions/0/other", "system"])
async def test_a_key_vault_reference_needs_an_identity_of_the_app(twin, build, identity):
    problem = await twin.refused(build(secrets=vault_secret(identity)))

    assert problem.finding.code == "ST004"
    assert f"identity '{identity}' that secret 'api-key' uses" in problem.message


async def test_a_key_vault_reference_is_said_to_be_unresolved(twin, build):
    await twin.put(build(secrets=vault_secret(IDENTITY)))

    assert UNRESOLVED in twin.behaviour.not_shown()

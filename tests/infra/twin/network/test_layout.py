"""Networks, subnets and the environment's subnet: what Azure refuses, in its words."""

from typing import Any

import pytest

from tests.infra.twin.network.conftest import DELEGATED, ENVIRONMENT, GROUP, NETWORK, Arm

PROFILES = [{"name": "Consumption", "workloadProfileType": "Consumption"}]


def environment(subnet: str | None, *, internal: bool = False, zones: bool = False) -> dict[str, Any]:
    given = {"infrastructureSubnetId": subnet, "internal": internal} if subnet or internal else None
    network = {} if given is None else {"vnetConfiguration": given}
    return {"properties": {"workloadProfiles": PROFILES, "zoneRedundant": zones, **network}}


def test_a_network_shows_the_subnets_that_it_has_and_keeps_them_when_it_is_written_again(arm: Arm) -> None:
    arm.network("10.40.0.0/16")
    arm.subnet("environment", "10.40.0.0/23", delegated=True)
    arm.network("10.40.0.0/16", "10.41.0.0/16")

    found = arm.store.get(NETWORK)

    assert found is not None
    assert [one["name"] for one in found.properties["subnets"]] == ["environment"]


@pytest.mark.parametrize(
    ("prefix", "code"),
    [
        ("10.41.0.0/24", "NetcfgSubnetRangeOutsideVnet"),
        ("10.40.1.0/24", "NetcfgSubnetRangesOverlap"),
        ("10.40.2.0/30", "InvalidAddressPrefixSize"),
        ("10.40.2.1/24", "InvalidCIDRNotation"),
    ],
)
def test_a_subnet_that_does_not_fit_is_refused(arm: Arm, prefix: str, code: str) -> None:
    arm.network("10.40.0.0/16")
    arm.subnet("environment", "10.40.0.0/23")

    problem = arm.refused(f"{NETWORK}/subnets/other", {"properties": {"addressPrefix": prefix}})

    assert problem.code == code
    assert problem.finding is not None
    assert problem.finding.code == "ST032"


def test_a_network_may_not_shrink_below_its_subnets_nor_overlap_with_itself(arm: Arm) -> None:
    arm.network("10.40.0.0/16")
    arm.subnet("environment", "10.40.0.0/23")

    for space, code in (
        (["10.50.0.0/16"], "NetcfgSubnetRangeOutsideVnet"),
        (["10.40.0.0/16", "10.40.128.0/17"], "NetcfgAddressSpaceOverlaps"),
    ):
        body = {"properties": {"addressSpace": {"addressPrefixes": space}}}
        assert arm.refused(NETWORK, body).code == code


def test_an_environment_takes_a_delegated_subnet_of_27_or_more(arm: Arm) -> None:
    arm.network("10.40.0.0/16")
    good = arm.subnet("good", "10.40.0.0/27", delegated=True)
    small = arm.subnet("small", "10.40.1.0/28", delegated=True)
    plain = arm.subnet("plain", "10.40.2.0/23")

    too_small = arm.refused(ENVIRONMENT, environment(small))
    undelegated = arm.refused(ENVIRONMENT, environment(plain))

    assert "at least /27" in too_small.message
    assert too_small.finding is not None
    assert too_small.finding.code == "ST032"
    assert undelegated.code == "ManagedEnvironmentSubnetDelegationError"
    assert arm.put(ENVIRONMENT, environment(good, zones=True))["properties"]["zoneRedundant"] is True


def test_a_subnet_is_one_environments_alone_and_an_environment_keeps_its_own(arm: Arm) -> None:
    arm.network("10.40.0.0/16")
    first = arm.subnet("first", "10.40.0.0/23", delegated=True)
    second = arm.subnet("second", "10.40.2.0/23", delegated=True)
    arm.put(ENVIRONMENT, environment(first))

    taken = arm.refused(f"{ENVIRONMENT}2", environment(first))
    moved = arm.refused(ENVIRONMENT, environment(second))

    assert taken.code == "ManagedEnvironmentSubnetInUse"
    assert "vnetConfiguration of an environment that exists cannot be changed" in moved.message
    assert arm.put(ENVIRONMENT, environment(first))


def test_reserved_ranges_and_other_regions_are_refused(arm: Arm) -> None:
    arm.network("172.16.0.0/12")
    reserved = arm.subnet("reserved", "172.30.0.0/23", delegated=True)
    elsewhere = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/far"
    arm.put(
        elsewhere,
        {"location": "eastus", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}},
    )
    properties = {"addressPrefix": "10.0.0.0/23", "delegations": DELEGATED}
    arm.put(f"{elsewhere}/subnets/a", {"properties": properties})

    assert "reserved range 172.30.0.0/16" in arm.refused(ENVIRONMENT, environment(reserved)).message
    assert "is in eastus" in arm.refused(ENVIRONMENT, environment(f"{elsewhere}/subnets/a")).message


def test_zones_and_an_internal_address_need_a_subnet(arm: Arm) -> None:
    for body in (environment(None, zones=True), environment(None, internal=True)):
        assert (
            "requires a virtual network with an infrastructure subnet"
            in arm.refused(ENVIRONMENT, body).message
        )
    assert arm.put(ENVIRONMENT, environment(None))

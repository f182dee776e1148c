"""A stack in a network of its own, on the genuine engine: made, unchanged, and what leaving it replaces."""

from collections.abc import Callable

import pytest

from tests.infra.adapters.engine.conftest import Rehearsed

pytestmark = [pytest.mark.pulumi, pytest.mark.timeout(300)]
PREMIUM = {"registrySku": "Premium"}
PRIVATE = {**PREMIUM, "network": {"zoneRedundant": True}}


@pytest.fixture(scope="module")
def stack(rehearse: Callable[[str], Rehearsed]) -> Rehearsed:
    """Return the stack dev, deployed into a network by the engine."""
    found = rehearse("dev")
    said = found.run("up", **PRIVATE)
    assert said.code == 0, said.events
    return found


def test_what_is_made_once_is_not_made_again(stack: Rehearsed) -> None:
    made = {path.split("/providers/")[-1] for path in stack.resources() if "/providers/" in path}

    assert "Microsoft.Network/virtualNetworks/vnet-seatrial-dev/subnets/environment" in made
    assert "Microsoft.Network/privateEndpoints/pep-seatrial-dev-sql/privateDnsZoneGroups/default" in made
    again = stack.run("up", **PRIVATE)
    assert (again.code, again.steps) == (0, {})


def test_leaving_the_network_replaces_the_environment_and_the_app_in_it(stack: Rehearsed) -> None:
    said = stack.run("up", **PREMIUM)

    assert said.code == 0, said.events
    assert {said.steps["environment"], said.steps["app"]} == {"create-replacement"}
    assert "vnetConfiguration" in said.differs("environment")
    assert said.steps["private-sql"] == "delete"
    assert not [path for path in stack.resources() if "Microsoft.Network" in path]

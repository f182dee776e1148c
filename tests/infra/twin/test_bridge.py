"""The address on which containers find the twin."""

from typing import Any

import httpx
import pytest

from infra.twin.bridge import bridge_gateway, local_address
from infra.twin.config import TwinConfig
from tests.infra.twin.conftest import rehearsal

OWN = {"lo": ["127.0.0.1"], "docker0": ["172.17.0.1"]}
NAMED = {"com.docker.network.bridge.name": "docker0"}


@pytest.mark.parametrize(
    ("network", "address"),
    [
        ({"IPAM": {"Config": [{"Gateway": "172.17.0.1"}]}}, "172.17.0.1"),
        ({"IPAM": {"Config": [{"Subnet": "172.17.0.0/16"}]}, "Options": NAMED}, "172.17.0.1"),
        ({"IPAM": {"Config": [{"Gateway": "192.168.65.1"}]}}, None),
        ({}, None),
    ],
)
def test_only_an_address_of_this_machine_counts(network: dict[str, Any], address: str | None) -> None:
    assert local_address(network, OWN) == address


@pytest.mark.docker
async def test_the_real_bridge_is_found() -> None:
    assert await bridge_gateway()


@pytest.mark.docker
def test_data_plane_endpoints_answer_on_the_bridge_and_arm_does_not(config: TwinConfig) -> None:
    with rehearsal(config.model_copy(update={"mode": "docker"})) as twin:
        port = twin.services.rsplit(":", 1)[1]
        gateway = twin.twin.platform.gateway
        arm = twin.twin.arm_url.rsplit(":", 1)[1]

        assert httpx.get(f"http://{gateway}:{port}/authority/t/discovery/v2.0/keys").status_code == 200
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"http://{gateway}:{arm}/")

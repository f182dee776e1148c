"""Mistakes that the container shows once it runs, found with Docker."""

import pytest

from infra.image.context import base_image
from tests.e2e.rehearsal.conftest import Checkout
from tests.e2e.rehearsal.mistakes import in_mode, must_fail

pytestmark = [pytest.mark.twin, pytest.mark.timeout(300), pytest.mark.docker, pytest.mark.registry]


# The container meets these as it meets `datarole`; without Docker each is rehearsed by itself.
ALIKE = {"datareader", "datascope"}


@pytest.mark.parametrize("name", [name for name in in_mode("docker", running=True) if name not in ALIKE])
def test_a_mistake_is_found_with_docker(name: str, pushed: Checkout) -> None:
    said = pushed.run("up", "dev", "--mode", "docker", "--break", name, "--json", BASE_IMAGE=base_image())

    must_fail(said, name)

"""One stack on both engines: the same resources, the same price, the same proof."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.e2e.rehearsal.conftest import Checkout, Said

pytestmark = [pytest.mark.twin, pytest.mark.pulumi, pytest.mark.model, pytest.mark.timeout(300)]

# What differs from run to run, and between two twins.
OWN = {
    "stages",
    "url",
    "running",
    "verify",
    "database",
    "outputs",
    "engine",
    "not_shown",
    "twin_page",
    "telemetry",
}


@pytest.fixture(scope="module")
def engines(copied: Callable[[str], Iterator[Checkout]]) -> Iterator[Said]:
    """Give what `up` on Pulumi's engine said, in a checkout of its own."""
    checkouts = copied("engine")
    checkout = next(checkouts)
    yield checkout.run("up", "dev", "--mode", "process", "--engine", "pulumi", "--json")
    assert list(checkouts) == []


def made(body: dict[str, Any]) -> list[tuple[str, str, str]]:
    # A role assignment is named after its principal, which each twin makes anew.
    return sorted(
        (one["type"], "" if "oleAssignments" in one["type"] else one["name"], one["status"])
        for one in body["resources"]
    )


def test_both_engines_report_the_same(up: Said, engines: Said) -> None:
    ours, theirs = up.body, engines.body

    assert theirs["ok"] is True, theirs["findings"]
    assert (ours["engine"], theirs["engine"]) == ("in-process", "pulumi")
    assert made(theirs) == made(ours)
    same = set(ours) - OWN - {"resources"}
    assert {key: theirs[key] for key in same} == {key: ours[key] for key in same}
    assert theirs["outputs"].keys() == ours["outputs"].keys()
    assert [check["name"] for check in theirs["verify"]["checks"]] == [
        check["name"] for check in ours["verify"]["checks"]
    ]

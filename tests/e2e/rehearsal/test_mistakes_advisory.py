"""Mistakes that Azure lets pass while the app runs on: told, and no reason to stop."""

import pytest

from infra.mistakes.catalogue import mistakes
from tests.e2e.rehearsal.conftest import Checkout

pytestmark = [pytest.mark.long, pytest.mark.twin, pytest.mark.timeout(300)]


def test_lost_telemetry_is_advice(checkout: Checkout) -> None:
    advisory = [name for name, seeded in mistakes().items() if seeded.advisory]
    said = checkout.run("up", "dev", "--break", "publisher", "--mode", "process", "--json")

    assert advisory == ["publisher"]
    assert said.code == 0, said.out + said.err
    report = said.body
    assert (report["ok"], report["findings"]) == (True, [])
    (advice,) = [one for one in report["advice"] if one["code"] == mistakes()["publisher"].code]
    assert "not authorized to publish telemetry" in advice["message"]
    assert report["telemetry"]["spans"] == 0

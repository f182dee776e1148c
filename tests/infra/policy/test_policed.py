"""The policies in a deployment: a resource that breaks one is never made."""

import json
from typing import Any

import pytest

from infra.findings.model import Finding
from infra.plan import Plan, PlannedResource
from infra.policy.limits import limits_from
from infra.project import Project
from infra.rehearsal.program import Deployment, _take
from infra.twin.adapters import policed
from infra.twin.adapters.policed import PolicedCloud, PolicyError, tell_refusals, tell_whole
from infra.twin.adapters.report import Report

LIMITS = limits_from({})
REGISTRY = "azure-native:containerregistry:Registry"


class Made:
    """A cloud that keeps what it was asked for."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def register(self, resource: PlannedResource) -> tuple[str, dict[str, Any]]:
        self.names.append(resource.name)
        return "/id", {}


def registry(name: str, *, admin: bool) -> PlannedResource:
    return PlannedResource(type=REGISTRY, name=name, inputs={"adminUserEnabled": admin}, urn=f"urn:{name}")


def database() -> PlannedResource:
    inputs = {"disableLocalAuth": True, "backupPolicy": {"type": "Periodic"}}
    return PlannedResource(
        type="azure-native:cosmosdb:DatabaseAccount", name="db", inputs=inputs, urn="urn:db"
    )


def taken(text: str) -> Deployment:
    done = Deployment()
    for line in text.splitlines():
        _take(done, json.loads(line), lambda _: None)
    return done


def test_what_breaks_a_mandatory_policy_is_not_made_and_the_rest_is() -> None:
    made = Made()
    cloud = PolicedCloud(made, "dev", LIMITS)

    cloud.register(registry("good", admin=False))
    cloud.register(database())
    with pytest.raises(PolicyError, match="adminUserEnabled"):
        cloud.register(registry("bad", admin=True))

    assert made.names == ["good", "db"]


def test_a_refusal_tells_what_the_whole_plan_breaks(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, project: Project
) -> None:
    plan = Plan(stack="dev", resources=(registry("bad", admin=True), registry("worse", admin=True)))
    monkeypatch.setattr(policed, "synthesise", lambda *_: plan)
    cloud = PolicedCloud(Made(), "dev", LIMITS)
    with pytest.raises(PolicyError):
        cloud.register(registry("bad", admin=True))

    assert tell_refusals(project, {}, cloud, Report())

    found = taken(capsys.readouterr().out).findings
    assert [(one.code, one.resource.split()[0]) for one in found] == [("ST102", "bad"), ("ST102", "worse")]


def test_nothing_refused_is_nothing_told(capsys: pytest.CaptureFixture[str], project: Project) -> None:
    assert not tell_refusals(project, {}, PolicedCloud(Made(), "dev", LIMITS), Report())
    assert capsys.readouterr().out == ""


def test_advice_reaches_the_rehearsal_and_stops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert tell_whole(Plan(stack="dev", resources=(database(),)), LIMITS, Report())

    done = taken(capsys.readouterr().out)
    assert done.findings == []
    assert [type(one) for one in done.advice] == [Finding]
    assert done.advice[0].code == "ST117"

"""A twin with something of everything that its page shows, made through its own interfaces."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx

from infra.findings.model import Finding
from infra.twin.arm.behaviour import ArmProblem
from infra.twin.config import TwinConfig
from infra.twin.database.rows import Draft
from infra.twin.monitor.envelopes import Row
from infra.twin.monitor.telemetry import Telemetry
from infra.twin.page.model import Price
from infra.twin.platform import Platform
from infra.twin.runtime.console import Console
from infra.twin.runtime.record import AppRecord
from tests.infra.twin.conftest import (
    ACR_PULL,
    GROUP,
    OPENAI_USER,
    REGION,
    SUBSCRIPTION,
    TENANT,
    NoApps,
    Rehearsal,
    rehearsal,
)
from tests.infra.twin.database.conftest import CosmosTwin, cosmos_account
from tests.infra.twin.vault.conftest import make_vault

APP = f"{GROUP}/providers/Microsoft.App/containerApps/ca-dev"
SECRETS = {
    "vault": "the-vault-keeps-this-one",
    "inline": "written-into-the-app-itself",
    "variable": "in-a-variable-that-says-key",
}
JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJkZXZlbG9wZXIifQ.c2lnbmF0dXJlLW9mLWl0"
TEMPLATE: dict[str, Any] = {
    "containers": [
        {
            "name": "app",
            "image": "localhost:5000/seatrial@sha256:" + "7" * 64,
            "env": [
                {"name": "LOG_LEVEL", "value": "INFO"},
                {"name": "GREETING", "value": f"hello {SECRETS['vault']}"},
                {"name": "WEATHER_API_KEY", "value": SECRETS["variable"]},
                {"name": "OTHER", "secretRef": "inline"},
            ],
            "probes": [
                {"type": "Startup", "httpGet": {"path": "/health/startup", "port": 8000}, "periodSeconds": 1}
            ],
        }
    ],
    "scale": {"minReplicas": 0, "maxReplicas": 2},
}
CONFIGURATION: dict[str, Any] = {
    "activeRevisionsMode": "Multiple",
    "secrets": [{"name": "inline", "value": SECRETS["inline"]}],
    "ingress": {
        "external": True,
        "targetPort": 8000,
        "traffic": [
            {"revisionName": "ca-dev--two", "weight": 90, "label": "blue"},
            {"revisionName": "ca-dev--one", "weight": 10},
        ],
    },
}


def status(name: str, weight: int, **more: Any) -> dict[str, Any]:
    """Return a revision as the runtime tells it."""
    instance = {"name": f"{name}-r1", "ready": True, "restarts": 1, "reason": "running", "requests": 0}
    told = {"name": name, "active": True, "weight": weight, "replicas": 1, "health": "Healthy"}
    return {**told, "restarts": 1, "reason": "", "image": "", "instances": [instance], **more}


@dataclass
class ShownApps(NoApps):
    """Tell of one app with two revisions, without running it."""

    console: Console = field(default_factory=Console)
    record: AppRecord = field(default_factory=lambda: AppRecord(path=Path("unused")))
    health: str = "Healthy"

    def apps(self) -> list[dict[str, Any]]:
        revisions = [status("ca-dev--two", 90, health=self.health), status("ca-dev--one", 10)]
        return [{"name": "ca-dev", "url": "http://localhost:1", "revisions": revisions}]

    def running(self, app: str) -> Any:
        return SimpleNamespace(around=SimpleNamespace(console=self.console), record=self.record)


@dataclass
class Stage:
    """Hold a twin whose parts all have something to show."""

    twin: Rehearsal
    apps: ShownApps

    @property
    def url(self) -> str:
        return self.twin.twin.arm_url

    def secrets(self) -> set[str]:
        """Return every text that must not leave the twin by its page."""
        twin, insights = self.twin.twin, self._properties("Microsoft.Insights/components")
        own = {twin.token, twin.client_secret, *twin.identities.headers()}
        return own | set(SECRETS.values()) | {JWT, insights["InstrumentationKey"]}

    def _properties(self, kind: str) -> dict[str, Any]:
        return self.twin.twin.store.of_type(kind)[0].properties


@contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    """Run a twin and fill it."""
    state = folder / "state"
    state.mkdir()
    config = TwinConfig(stack="dev", state=state, app_cwd=folder, subscription=SUBSCRIPTION, tenant=TENANT)
    made: list[ShownApps] = []

    def runtime(platform: Platform) -> ShownApps:
        made.append(ShownApps(platform))
        return made[0]

    with rehearsal(config, runtime) as twin:
        stage = Stage(twin, made[0])
        _deploy(stage)
        _use(stage, state)
        yield stage


def _deploy(stage: Stage) -> None:
    twin = stage.twin
    twin.group()
    identity, registry = twin.identity("id-dev"), twin.registry()
    account = twin.account()
    twin.deployment(account["id"])
    principal = identity["properties"]["principalId"]
    twin.role(registry["id"], principal, ACR_PULL)
    twin.role(account["id"], principal, OPENAI_USER, "b" * 8)
    _observe(twin)
    vault = make_vault(twin)
    twin.arm.put(f"{vault['id']}/secrets/weather", {"properties": {"value": SECRETS["vault"]}}, "2024-11-01")
    body = {
        "location": REGION,
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {identity["id"]: {}}},
        "properties": {"configuration": CONFIGURATION, "template": TEMPLATE},
    }
    twin.arm.put(APP, body, "2025-02-02-preview")
    for name in ("ca-dev--one", "ca-dev--two"):
        stage.apps.record.add(name, TEMPLATE).provisioned = True


def _observe(twin: Rehearsal) -> None:
    insights = f"{GROUP}/providers/Microsoft.Insights"
    component = {"location": REGION, "kind": "web", "properties": {"Application_Type": "web"}}
    twin.arm.put(f"{insights}/components/appi", component, "2020-02-02")
    group = {"location": "global", "properties": {"groupShortName": "people", "enabled": True}}
    people = twin.arm.put(f"{insights}/actionGroups/people", group, "2024-10-01-preview")
    criterion = {
        "criterionType": "StaticThresholdCriterion",
        "name": "restarts",
        "metricName": "RestartCount",
        "operator": "GreaterThan",
        "threshold": 3,
        "timeAggregation": "Total",
    }
    kind = "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria"
    rule = {
        "severity": 2,
        "enabled": True,
        "scopes": [GROUP],
        "evaluationFrequency": "PT5M",
        "windowSize": "PT15M",
        "criteria": {"odata.type": kind, "allOf": [criterion]},
        "actions": [{"actionGroupId": people["id"]}],
    }
    twin.arm.put(
        f"{insights}/metricAlerts/restarts", {"location": "global", "properties": rule}, "2018-03-01"
    )


def _use(stage: Stage, state: Path) -> None:
    twin, journal = stage.twin.twin, stage.twin.twin.journal
    identity = twin.store.of_type("Microsoft.ManagedIdentity/userAssignedIdentities")[0]
    image = f"{stage.twin.login_server}/seatrial@sha256:{'7' * 64}"
    with suppress(ArmProblem):
        stage.twin.run(twin.platform.registry.pull(image, None))
    stage.twin.run(twin.platform.registry.pull(image, identity.id.path))
    _call_model(stage, identity.id.path)
    journal.report(Finding(code="ST010", resource="ca-dev", message="It has no way in.", fix="Open one."))
    for line in ("system: started", f"token {JWT} and {SECRETS['vault']}", "plain line"):
        stage.apps.console.line(line)
    _converse(stage)
    telemetry = Telemetry.open(state / "telemetry.db")
    telemetry.keep(f"{GROUP}/providers/Microsoft.Insights/components/appi", [_request()])
    telemetry.close()
    stage.twin.admin.tell_price(Price(monthly="5.10", currency="USD", complete=True).model_dump())


def _call_model(stage: Stage, identity: str) -> None:
    """Call the model as the app does: the role is used, though no model answers here."""
    identities = stage.twin.twin.identities
    who = identities.principal(identity)
    assert who is not None
    token, _ = identities.directory.issue(who, "https://cognitiveservices.azure.com")
    url = f"{stage.twin.services}/openai/deployments/chat/chat/completions"
    headers = {"Authorization": f"Bearer {token}"}
    httpx.post(url, json={"messages": []}, headers=headers, trust_env=False, timeout=30)


def _converse(stage: Stage) -> None:
    account = cosmos_account(stage.twin)
    place = CosmosTwin(stage.twin, account["id"], "", stage.twin.identity("id-dev"), "")
    place.container("checkpoints")
    place.role()
    databases: Any = stage.twin.twin.platform.databases
    found = databases.__self__.accounts()["cosmosdev"]
    container = found.store.containers(found.store.databases()[0])[0]
    for number, kind in enumerate(("checkpoint", "checkpoint", "writes")):
        text = f'{{"id":"{number}","pk":"thread-1","kind":"{kind}"}}'
        draft = Draft(id=str(number), pk='["thread-1"]', etag="", ts=2_000_000_000, ttl=None, text=text)
        found.store.insert(container, draft)
    found.limits.count("create", "agents/checkpoints", "agents/checkpoints", 6.5)


def _request() -> Row:
    columns = {
        "OperationId": "f" * 32,
        "Id": "1" * 16,
        "Name": "POST /api/v1/message",
        "TimeGenerated": "2026-11-21T20:00:00.000000Z",
        "DurationMs": 120.0,
        "Success": True,
        "Properties": {"seatrial.run_id": "run-1"},
    }
    return Row(table="AppRequests", columns=columns)

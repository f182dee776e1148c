"""Plans and usage as data, for tests of the estimate."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from infra.cost.estimate import estimate
from infra.cost.model import Estimate, Line, ResourceCost
from infra.cost.usage.file import UsageFile, usage_of
from infra.plan import Plan, PlannedResource

CENT = Decimal("0.01")


def planned(token: str, name: str = "", **inputs: Any) -> PlannedResource:
    named = name or token.rpartition(":")[2]
    return PlannedResource(type=f"azure-native:{token}", name=named, inputs=inputs, urn=f"urn:{named}")


def plan(*resources: PlannedResource, region: str = "eastus", stack: str = "test") -> Plan:
    group = planned("resources:ResourceGroup", location=region)
    return Plan(stack=stack, resources=(group, *resources))


def priced(*resources: PlannedResource, region: str = "eastus", **options: Any) -> Estimate:
    return estimate(plan(*resources, region=region), **options)


def cost_of(resource: PlannedResource, *others: PlannedResource, **options: Any) -> ResourceCost:
    return priced(resource, *others, **options).resources[1]


def line(found: Estimate | ResourceCost, name: str) -> Line:
    (one,) = (one for one in found.lines if one.component == name)
    return one


def cents(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount.quantize(CENT))


def usage(**values: Any) -> UsageFile:
    turn = {
        "inputTokens": 3500,
        "outputTokens": 450,
        "seconds": 8,
        "answerBytes": 12000,
        "logBytes": 12000,
        "storedBytes": 40000,
        **values.pop("turn", {}),
    }
    given = {"conversationsPerDay": 100, "turnsPerConversation": 5, "turn": turn, **values}
    return usage_of(given, "stacks/usage.test.yaml")


def app(cpu: float, memory: str, least: int, most: int | None = None, **more: Any) -> PlannedResource:
    """Return an app with ingress and an HTTP rule of 20; without `most` it never scales."""
    container = {"resources": {"cpu": cpu, "memory": memory}}
    rule = {"name": "http", "http": {"metadata": {"concurrentRequests": "20"}}}
    scale = {"minReplicas": least, "maxReplicas": most or max(least, 1), "rules": [rule]}
    template = {"containers": [container], "scale": scale}
    configuration = {"ingress": {"external": True}, **more.pop("configuration", {})}
    return planned("app:ContainerApp", template=template, configuration=configuration, **more)


def cosmos(**more: Any) -> PlannedResource:
    locations = [{"locationName": "eastus"}]
    return planned("cosmosdb:DatabaseAccount", **{"accountName": "db", "locations": locations, **more})


def serverless(**more: Any) -> PlannedResource:
    return cosmos(capabilities=[{"name": "EnableServerless"}], **more)


def database(**options: Any) -> PlannedResource:
    return planned("cosmosdb:SqlResourceSqlDatabase", accountName="db", options=options)


def workspace(**more: Any) -> PlannedResource:
    return planned("operationalinsights:Workspace", sku={"name": "PerGB2018"}, **more)


def gpt(model: str = "gpt-4.1-mini", sku: str = "GlobalStandard", capacity: int = 10) -> PlannedResource:
    return planned(
        "cognitiveservices:Deployment",
        name=f"deployment-{model}",
        sku={"name": sku, "capacity": capacity},
        properties={"model": {"name": model}},
    )


def everything(least: int = 1, most: int = 4) -> Iterable[PlannedResource]:
    """Return a small stack of everything that is priced in eastus."""
    return (
        app(0.5, "1Gi", least, most),
        serverless(backupPolicy={"continuousModeProperties": {"tier": "Continuous30Days"}}),
        workspace(retentionInDays=90),
        gpt(),
        planned("containerregistry:Registry", sku={"name": "Basic"}),
        planned("monitor:MetricAlert", scopes=["x"], criteria={"allOf": [{}]}),
    )

"""Two small estimates with everything a format must show: known, unknown, free, inferred, granted."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from os import environ
from pathlib import Path

import pytest

from infra.cost.model import COLUMNS, Basis, Estimate, Line, ResourceCost, Status
from infra.cost.prices import Price
from infra.cost.usage.file import UsageFile, usage_of

GOLDEN = Path(__file__).parent / "golden"
SOURCE = Price.model_validate({"price": "0.000024", "source": "Retail Prices API", "date": date(2026, 8, 24)})
INFERRED = Price.model_validate({"price": "2.50", "source": "row of a neighbour", "inferred": True})
USAGE = {
    "conversationsPerDay": 100,
    "turnsPerConversation": 2,
    "turn": {"inputTokens": 10, "outputTokens": 5, "seconds": 1},
}


def amounts(*three: str | None) -> dict[str, Decimal | None]:
    return {column: None if one is None else Decimal(one) for column, one in zip(COLUMNS, three, strict=True)}


def line(name: str, component: str, price: Price | None, *quantity: str | None, fixed: bool = False) -> Line:
    return Line(
        id=f"{name}.{component.lower()}",
        component=component,
        meter=f"meter-{component.lower()}",
        unit="GB",
        basis=Basis.FIXED if fixed else Basis.USAGE,
        region="eastus",
        price=price,
        quantity=amounts(*quantity),
        formula=("3 conversations a day", "x 30 days = 90"),
    )


def resource(name: str, kind: str, status: Status, *lines: Line, note: str = "") -> ResourceCost:
    return ResourceCost(name=name, type=f"azure-native:{kind}", status=status, note=note, lines=lines)


def stack(name: str, *resources: ResourceCost, usage: UsageFile | None = None) -> Estimate:
    return Estimate(
        stack=name, currency="USD", prices_date=date(2026, 11, 21), resources=resources, usage=usage
    )


def app(replicas: int) -> ResourceCost:
    seconds = str(replicas * 2_628_000)
    return resource(
        "app",
        "app:ContainerApp",
        Status.PRICED,
        line("app", "vCPU", SOURCE, seconds, seconds, seconds, fixed=True),
        line("app", "Requests", INFERRED, "0", "1.5", "4.5"),
    )


@pytest.fixture
def before() -> Estimate:
    logs = resource(
        "logs", "operationalinsights:Workspace", Status.PRICED, line("logs", "Gone", INFERRED, "0", "2", "2")
    )
    return stack("prod", resource("group", "resources:ResourceGroup", Status.FREE), app(1), logs)


@pytest.fixture
def whole() -> Estimate:
    usage = usage_of(USAGE, "usage")
    return stack("prod", resource("group", "resources:ResourceGroup", Status.FREE), app(2), usage=usage)


@pytest.fixture
def partial() -> Estimate:
    store = resource(
        "store",
        "cosmosdb:DatabaseAccount",
        Status.PRICED,
        line("store", "Storage", None, "0", "12", "12"),
        line("store", "Backup", INFERRED, "0", None, None),
    )
    strange = resource("strange", "odd:Thing", Status.UNSUPPORTED, note="no rule for odd:Thing | yet")
    inside = resource("telemetry", "applicationinsights:Component", Status.INCLUDED, note="billed elsewhere")
    return stack("west", store, strange, inside)


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare a text with its golden file; UPDATE_GOLDEN=1 writes the file anew."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if environ.get("UPDATE_GOLDEN"):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8"), f"{name}: UPDATE_GOLDEN=1 pytest writes it anew"

    return compare

"""A plan is one value, in whatever order a program registered its resources."""

from dataclasses import asdict

from infra.plan import Plan, PlannedResource


def entry(name: str) -> dict[str, object]:
    return asdict(PlannedResource(type="t", name=name, inputs={}, urn=f"urn::{name}"))


def test_the_order_of_registration_is_not_the_plans() -> None:
    entries = [entry("registry"), entry("app"), entry("cosmos")]

    assert Plan.of("dev", entries) == Plan.of("dev", reversed(entries))
    assert [one.name for one in Plan.of("dev", entries).resources] == ["app", "cosmos", "registry"]

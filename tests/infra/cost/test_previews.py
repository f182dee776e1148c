"""Genuine previews of the bundled program: what `pulumi preview --json --show-sames` printed, trimmed.

Written by Pulumi 3 against the twin, on 2026-11-21, for the stack dev: `first.json` before anything was
there, `changed.json` after a deployment, with one replica at least. Left out are source positions, traces,
providers and old states; tests/infra/adapters/engine/test_price.py asks the engine anew.
"""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from infra.cost.estimate import Estimate, estimate
from infra.cost.model import COLUMNS, Status
from infra.cost.plan_file import read_plan
from infra.cost.usage.file import load_usage
from infra.plan import Plan
from infra.project import Project

PREVIEWS = Path(__file__).parent / "previews"


@pytest.fixture
def priced(project: Project) -> Callable[[Plan], Estimate]:
    usage = load_usage(project, "dev")
    return lambda plan: estimate(plan, usage=usage)


def preview(name: str) -> Plan:
    return read_plan((PREVIEWS / f"{name}.json").read_text(encoding="utf-8"), name)


def amounts(found: Estimate) -> dict[str, list[Decimal | None]]:
    return {line.id: [line.monthly(column) for column in COLUMNS] for line in found.lines}


def test_a_preview_of_the_engine_costs_line_by_line_what_the_program_costs(
    plan_of: Callable[[str], Plan], priced: Callable[[Plan], Estimate]
) -> None:
    found, own = priced(preview("first")), priced(plan_of("dev"))

    assert found.unpriced == own.unpriced == ()
    assert amounts(found) == amounts(own)
    assert {one.name: one.status for one in found.resources} == {
        one.name: one.status for one in own.resources
    }


def test_a_change_of_what_is_deployed_costs_its_replica(priced: Callable[[Plan], Estimate]) -> None:
    before, after = priced(preview("first")), priced(preview("changed"))

    assert after.complete
    assert after.total("idle") - before.total("idle") == Decimal("39.42")


def test_a_database_belongs_to_the_one_account_whose_name_is_not_known_yet() -> None:
    found = estimate(preview("first"))
    (database,) = (one for one in found.resources if one.name == "cosmos-database")

    assert database.status is Status.INCLUDED

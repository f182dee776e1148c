"""What the program creates is what the code expects: every container, path by path."""

from pathlib import Path
from typing import Any

import pytest

from app.settings import read_settings
from frmk.checkpoint.cosmos.containers import CHECKPOINTS
from frmk.checkpoint.cosmos.longterm_place import MEMORIES
from frmk.runs.cosmos_container import RUNS
from infra.components.containers import database_facts
from infra.project import Project
from tests.plans import Plans

EXPECTED: dict[str, Any] = {"runs": RUNS, "checkpoints": CHECKPOINTS, "memories": MEMORIES}
FACTS = {facts.name: facts for facts in database_facts(Project.find(Path.cwd())).containers}


def test_both_sides_know_the_same_containers() -> None:
    assert set(FACTS) == set(EXPECTED) == {shape.name for shape in EXPECTED.values()}


@pytest.mark.parametrize("name", EXPECTED)
def test_partition_key_lifetime_and_indexing_are_equal(name: str) -> None:
    facts, shape = FACTS[name], EXPECTED[name]

    assert facts.partitionKey == shape.partition_key
    assert facts.ttl == shape.default_ttl
    assert sorted(facts.indexing.include) == sorted(shape.include)
    assert sorted(facts.indexing.exclude) == sorted(shape.exclude)


def test_the_app_looks_for_them_where_the_program_puts_them() -> None:
    state = read_settings({"SEATRIAL_AUTH": "open"}).state

    assert state.database == database_facts(Project.find(Path.cwd())).database
    assert {state.checkpoints, state.runs} <= set(FACTS)


def test_the_program_asks_azure_for_exactly_that(tmp_path_factory: pytest.TempPathFactory) -> None:
    plan = Plans(tmp_path_factory).of("prod")
    asked = {
        entry.inputs["resource"]["id"]: entry.inputs["resource"]
        for entry in plan.of_type("azure-native:cosmosdb:SqlResourceSqlContainer")
    }

    assert set(asked) == set(EXPECTED)
    for name, shape in EXPECTED.items():
        assert asked[name]["partitionKey"] == {"paths": [shape.partition_key], "kind": "Hash", "version": 2}
        assert asked[name]["defaultTtl"] == shape.default_ttl
        policy = asked[name]["indexingPolicy"]
        assert sorted(entry["path"] for entry in policy["includedPaths"]) == sorted(shape.include)
        assert sorted(entry["path"] for entry in policy["excludedPaths"]) == sorted(shape.exclude)
        assert {"path": "/*"} in [*policy["includedPaths"], *policy["excludedPaths"]]

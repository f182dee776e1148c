"""Alerts, the workbook and the availability test: only what exists is watched, and all of it is priced."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal

import pytest

from infra.components.watches import Watch, reachability, watches
from infra.components.workbook_document import Section, document, sections
from infra.config import load_stack
from infra.cost.estimate import estimate
from infra.cost.model import Status
from infra.options.watching import AlertsConfig, AvailabilityConfig
from infra.plan import Plan, PlannedResource
from infra.policy.limits import limits_of
from infra.policy.verdict import judge
from infra.project import Project
from infra.stack_file import StackFileError
from infra.synthesis import synthesise
from infra.twin.monitor.documented import metrics, tables

ALL = {"serverErrors": 5, "latencyMs": 8000, "noReplicas": True, "throttling": 20}
WATCHED = {
    "alerts.email": "operators@example.com",
    **{f"alerts.{key}": value for key, value in ALL.items()},
    "workbook": True,
    "availability": {"everySeconds": 300, "places": ["emea-nl-ams-azr", "us-va-ash-azr"]},
    "app.minReplicas": 1,
}
KQL = frozenset(
    re.findall(
        r"\w+",
        "and or where extend summarize by order asc desc take bin count countif sum avg min max percentile "
        "tostring tolong todouble toint take_any startswith true false h",
    )
)
EVERY = [*watches(AlertsConfig(**ALL)), reachability(AvailabilityConfig(), "test")]


@pytest.fixture(scope="module")
def plan(project: Project, bytecode: None) -> Plan:
    return synthesise(project, "dev", WATCHED)


def one(plan: Plan, name: str) -> PlannedResource:
    (found,) = (resource for resource in plan.resources if resource.name == name)
    return found


@pytest.mark.parametrize("watch", EVERY, ids=lambda watch: watch.name)
def test_every_alert_watches_a_documented_metric(watch: Watch) -> None:
    metric = metrics()[watch.target.lower()].metrics[watch.metric]

    assert watch.aggregation in metric.aggregations
    assert set(watch.dimensions) <= metric.dimensions


def test_only_restarts_are_watched_unless_asked() -> None:
    assert [watch.name for watch in watches(AlertsConfig())] == ["restarts"]
    assert {watch.name for watch in EVERY} == {
        "restarts",
        "server-errors",
        "latency",
        "no-replicas",
        "throttling",
        "availability",
    }


def test_restarts_are_not_added_up_over_the_window(plan: Plan) -> None:
    (criterion,) = one(plan, "alerts-restarts").inputs["criteria"]["allOf"]

    assert (criterion["metricName"], criterion["timeAggregation"]) == ("RestartCount", "Maximum")


def test_an_alert_is_about_its_resource_and_tells_the_action_group(plan: Plan) -> None:
    errors, throttling = (one(plan, f"alerts-{name}").inputs for name in ("server-errors", "throttling"))

    assert "/containerApps/" in errors["scopes"][0]
    assert "/databaseAccounts/" in throttling["scopes"][0]
    assert errors["criteria"]["allOf"][0]["dimensions"] == [
        {"name": "statusCodeCategory", "operator": "Include", "values": ["5xx"]}
    ]
    assert "/actionGroups/" in throttling["actions"][0]["actionGroupId"]


def test_the_test_asks_what_needs_no_token_and_belongs_to_the_component(plan: Plan) -> None:
    test = one(plan, "availability").inputs

    (link,) = (name for name in test["tags"] if name.startswith("hidden-link:"))
    assert link.endswith("/components/appi-seatrial-dev")
    assert (test["webTestKind"], test["frequency"]) == ("standard", 300)
    (criterion,) = one(plan, "availability-alert").inputs["criteria"]["allOf"]
    (dimension,) = criterion["dimensions"]
    assert dimension["values"] == [test["webTestName"]]


def test_the_workbook_is_one_of_the_component_and_always_the_same(plan: Plan) -> None:
    workbook = one(plan, "workbook").inputs

    assert workbook["sourceId"].endswith("/components/appi-seatrial-dev")
    items = json.loads(workbook["serializedData"])["items"]
    queries = [item["content"] for item in items if item["type"] == 3]
    assert [query["query"] for query in queries] == [section.query.strip() for section in sections()]
    (workspace,) = {query["crossComponentResources"][0] for query in queries}
    assert workspace.endswith("/workspaces/log-seatrial-dev")
    assert len({item["name"] for item in items}) == len(items)
    assert document("w", "c") == document("w", "c")


@pytest.mark.parametrize("section", sections(), ids=lambda section: section.title)
def test_every_query_reads_tables_and_columns_that_exist(section: Section) -> None:
    table = section.query.split()[0]

    assert table in tables()
    assert list(_unknown(section.query, tables()[table] | {table})) == []


def test_a_misspelt_column_is_seen() -> None:
    query = 'AppRequests | where Succes == false | summarize N = sum(ItemCount) by Name, "Any"'

    assert list(_unknown(query, tables()["AppRequests"] | {"AppRequests"})) == ["Succes"]


def _unknown(query: str, columns: frozenset[str] | set[str]) -> Iterator[str]:
    """Yield the words of a query that are neither columns, nor the language's, nor named by itself."""
    bare = re.sub(r'"[^"]*"', "", query)
    named = set(re.findall(r"(\w+) = ", bare))
    words = re.findall(r"[A-Za-z_]\w*", bare)
    return (word for word in words if word not in columns | named | KQL)


def test_everything_has_its_price_and_the_workbook_is_free(plan: Plan) -> None:
    costs = {cost.name: cost for cost in estimate(plan).resources}
    alerts = [name for name in costs if name.startswith("alerts-")] + ["availability-alert"]

    assert len(alerts) == 6
    assert {costs[name].monthly("idle") for name in alerts} == {Decimal("0.10")}
    assert costs["workbook"].status is Status.FREE
    # Two places every five minutes of a month of 730 hours, at 0.0005 each.
    assert costs["availability"].monthly("idle") == Decimal("8.76")


def test_it_breaks_no_policy(plan: Plan, project: Project) -> None:
    verdict = judge(plan, limits_of(load_stack(project, "dev", WATCHED).policy))

    assert (verdict.findings, verdict.advice) == ((), ())


def test_logs_go_to_tables_of_their_own_below_a_daily_cap(plan: Plan) -> None:
    setting, workspace = (one(plan, name).inputs for name in ("environment-diagnostics", "logs-workspace"))

    assert setting["logAnalyticsDestinationType"] == "Dedicated"
    categories = {log["category"] for log in setting["logs"] if log["enabled"]}
    assert categories == {"ContainerAppConsoleLogs", "ContainerAppSystemLogs"}
    assert categories <= set(tables())
    assert workspace["workspaceCapping"] == {"dailyQuotaGb": 1}
    assert one(plan, "logs-telemetry").inputs["workspaceResourceId"].endswith("/log-seatrial-dev")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"alerts.noReplicas": True}, "noReplicas true with app.minReplicas 0"),
        ({"availability": {}, "app.external": False}, "availability with app.external false"),
        ({"availability": {"places": ["Amsterdam"]}}, "availability"),
        ({"availability": {"everySeconds": 60}}, "300, 600 or 900"),
        ({"availability": {"path": "health"}}, "availability"),
        ({"alerts.latencyMs": 0}, "alerts.latencyMs"),
    ],
)
def test_what_could_not_work_is_refused(project: Project, changes: dict[str, object], said: str) -> None:
    with pytest.raises(StackFileError, match=re.escape(said)):
        load_stack(project, "dev", changes)

"""The page's rows, made of what the parts of a twin hold."""

from pathlib import Path
from typing import Any

import pytest

from infra.twin.arm.behaviour import Resource
from infra.twin.arm.ids import ResourceId
from infra.twin.identity.uses import Use, Uses
from infra.twin.journal import Pull
from infra.twin.page.apps import app_rows, app_states
from infra.twin.page.logs import FIRST_LINES, MOST_LINES, log_part
from infra.twin.page.model import clipped
from infra.twin.page.resources import MOST_RECORDED, MOST_RESOURCES, resource_detail, resource_rows
from infra.twin.page.roles import pull_rows, role_rows
from infra.twin.page.tickets import MOST_SESSIONS, TICKET_SECONDS, Tickets
from infra.twin.page.watching import watching
from infra.twin.runtime.console import Console
from infra.twin.runtime.record import AppRecord
from tests.infra.twin.conftest import ACR_PULL, GROUP, OPENAI_USER, ROOT
from tests.infra.twin.page.stage import CONFIGURATION, TEMPLATE, status

REGISTRY = f"{GROUP}/providers/Microsoft.ContainerRegistry/registries/acr"
COSMOS = f"{GROUP}/providers/Microsoft.DocumentDB/databaseAccounts/cosmos"
PULL = "Microsoft.ContainerRegistry/registries/pull/read"


def made(path: str, **properties: Any) -> Resource:
    return Resource(id=ResourceId(path), api_version="1", body={"location": "x", "properties": properties})


def assigned(scope: str, role: str, name: str = "r") -> Resource:
    path = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"
    return made(path, principalId="P-1", roleDefinitionId=f"/x/{role}", scope=scope)


def used(action: str, scope: str, principal: str = "p-1", count: int = 1) -> Use:
    return Use(principal=principal, action=action, scope=scope, count=count, last="2026-11-21T20:00:00+00:00")


def test_a_resource_comes_after_what_it_hangs_on() -> None:
    rows = resource_rows([assigned(REGISTRY, ACR_PULL), made(REGISTRY), made(COSMOS), made(GROUP)]).rows

    assert [(row.name, row.parent and row.parent.rsplit("/", 1)[-1]) for row in rows] == [
        ("rg", None),
        ("acr", "rg"),
        ("r", "acr"),
        ("cosmos", "rg"),
    ]


def test_too_many_resources_are_counted_and_not_shown() -> None:
    listing = resource_rows(
        [made(f"{ROOT}/resourceGroups/g{number}") for number in range(MOST_RESOURCES + 3)]
    )

    assert (len(listing.rows), listing.left_off) == (MOST_RESOURCES, 3)


def test_a_resource_is_shown_without_its_secrets_and_never_whole_when_it_is_huge() -> None:
    found = resource_detail(made(REGISTRY, password="hidden-one", note="n" * 2 * MOST_RECORDED))

    assert found.hidden == 1
    assert "hidden-one" not in found.recorded
    assert len(found.recorded) < MOST_RECORDED + 100


def test_a_role_says_what_it_was_used_for() -> None:
    uses = [
        used(PULL, REGISTRY, count=2),
        used(PULL, COSMOS),
        used("Microsoft.App/containerApps/read", REGISTRY),
    ]
    (row,) = role_rows([assigned(REGISTRY, ACR_PULL)], uses, {"p-1": "id-dev"}).rows

    assert (row.who, row.role, row.scope) == ("id-dev", "AcrPull", "registries acr")
    assert [(one.action, one.count) for one in row.uses] == [(PULL, 2)]


@pytest.mark.parametrize(
    ("use", "explained"),
    [
        (used(PULL, REGISTRY), True),
        (used(PULL, REGISTRY, principal="p-2"), False),
        (used(PULL, GROUP), False),
    ],
)
def test_a_use_belongs_to_a_role_at_its_scope_or_above(use: Use, *, explained: bool) -> None:
    (row,) = role_rows([assigned(REGISTRY, ACR_PULL)], [use], {}).rows

    assert bool(row.uses) is explained


def test_a_model_call_belongs_to_the_model_users_role() -> None:
    account = f"{GROUP}/providers/Microsoft.CognitiveServices/accounts/oai"
    call = "Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action"
    (row,) = role_rows([assigned(account, OPENAI_USER)], [used(call, account)], {}).rows

    assert [one.action for one in row.uses] == [call]


def test_a_data_role_says_what_was_done_in_its_account() -> None:
    path = f"{COSMOS}/sqlRoleAssignments/r"
    role = f"{COSMOS}/sqlRoleDefinitions/00000000-0000-0000-0000-000000000002"
    scope = f"{COSMOS}/dbs/agents"
    create = "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/items/create"
    assignment = made(path, principalId="p-1", roleDefinitionId=role, scope=scope)
    (row,) = role_rows([assignment], [used(create, COSMOS), used(PULL, COSMOS)], {}).rows

    assert row.role == "Cosmos DB Built-in Data Contributor"
    assert [one.action for one in row.uses] == [create]


def test_uses_are_counted_and_bounded() -> None:
    uses = Uses()
    for number in range(1_005):
        uses.note("p", "a", f"/s/{number}")
    uses.note("P", "A", "/S/1004")

    assert len(uses.all()) == 1_000
    assert uses.all()[-1].count == 2


def test_a_refused_pull_says_why_and_the_latest_comes_first() -> None:
    image = "localhost:1/seatrial@sha256:abc"
    at = "2026-11-21T20:00:00+00:00"
    told = [
        Pull(image=image, identity=None, digest=None, refusal="UNAUTHORIZED", at=at),
        Pull(image=image, identity=f"{GROUP}/providers/x/y/id-dev", digest="sha256:def", refusal=None, at=at),
    ]
    allowed, refused = pull_rows(told).rows

    assert (allowed.allowed, allowed.identity, allowed.digest) == (True, "id-dev", "sha256:def")
    assert (refused.allowed, refused.reason, refused.digest) == (False, "UNAUTHORIZED", "sha256:abc")


def test_a_revision_has_its_label_probes_and_traffic() -> None:
    record = AppRecord(path=Path("unused"))
    for name in ("ca-dev--one", "ca-dev--two"):
        record.add(name, TEMPLATE).provisioned = True
    told = {
        "name": "ca-dev",
        "url": None,
        "revisions": [status("ca-dev--two", 90), status("ca-dev--one", 10)],
    }
    path = f"{GROUP}/providers/Microsoft.App/containerApps/CA-dev"
    (app,) = app_rows([told], [made(path, configuration=CONFIGURATION)], {"ca-dev": record.revisions}).rows
    two, one = app.revisions.rows

    assert app.ingress == "external ingress to port 8000, multiple revision mode"
    assert (two.labels, two.weight, two.scale, two.restarts) == (("blue",), 90, "0 to 2", 1)
    assert one.labels == ()
    assert two.probes[0].target == "GET /health/startup at 8000"
    assert two.instances[0].ready is True


@pytest.mark.parametrize(
    ("revisions", "state"),
    [
        ([], "stopped"),
        ([status("a", 100)], "healthy"),
        ([status("a", 100, replicas=0)], "at zero replicas"),
        ([status("a", 100), status("b", 0, health="Unhealthy")], "unhealthy"),
        ([status("a", 0, active=False)], "stopped"),
    ],
)
def test_an_app_is_summed_up_in_a_word(revisions: list[dict[str, Any]], state: str) -> None:
    (found,) = app_states([{"name": "ca-dev", "revisions": revisions}])

    assert found.state == state


def test_alert_rules_and_budgets_are_read_out() -> None:
    metric = {
        "timeAggregation": "Total",
        "metricName": "RestartCount",
        "operator": "GreaterThan",
        "threshold": 3,
    }
    query = {"query": "x", "timeAggregation": "Count", "operator": "GreaterThan", "threshold": 5.5}
    failing = {"minFailingPeriodsToAlert": 1, "numberOfEvaluationPeriods": 2}
    insights = f"{GROUP}/providers/Microsoft.Insights"
    notices = {"a": {"threshold": 80, "thresholdType": "Forecasted", "contactEmails": ["a@b"]}}
    told = watching(
        [
            made(f"{insights}/metricAlerts/m", criteria={"allOf": [metric]}, scopes=[COSMOS], severity=2),
            made(
                f"{insights}/scheduledQueryRules/q",
                criteria={"allOf": [{**query, "failingPeriods": failing}]},
                actions={"actionGroups": [f"{insights}/actionGroups/people"]},
                enabled=False,
            ),
            made(f"{GROUP}/providers/Microsoft.Consumption/budgets/b", amount=50, notifications=notices),
        ]
    )
    m, q = told.alerts.rows

    assert (m.kind, m.condition, m.watches, m.enabled) == ("metric", "Total RestartCount > 3", "cosmos", True)
    assert (q.condition, q.tells, q.enabled) == ("Count rows > 5.5, 1 of 2 periods", "people", False)
    assert [(one.amount, one.notices) for one in told.budgets.rows] == [
        ("50", "80 % forecasted to 1 contact")
    ]


def test_a_log_goes_on_where_its_reader_stopped() -> None:
    console = Console()
    for number in range(FIRST_LINES + 5):
        console.line(str(number))
    begun = log_part(console, None)
    console.line("fresh")
    more = log_part(console, begun.next)

    assert (len(begun.lines), begun.missed) == (FIRST_LINES, 5)
    assert (more.lines, more.missed) == (("fresh",), 0)
    assert log_part(console, more.next).lines == ()


def test_a_reader_who_was_away_long_gets_the_end_of_a_log() -> None:
    console = Console()
    for number in range(MOST_LINES * 3):
        console.line(str(number))
    part = log_part(console, 10)

    assert (len(part.lines), part.lines[-1]) == (MOST_LINES, str(MOST_LINES * 3 - 1))
    assert part.missed == MOST_LINES * 2 - 10
    assert log_part(console, 99_999).missed == MOST_LINES * 3 - FIRST_LINES


def test_a_long_text_is_cut_and_says_so() -> None:
    assert clipped("a" * 10, 4) == "aaaa ... (6 more)"


def test_a_ticket_is_good_once_and_for_ten_minutes() -> None:
    now = [0.0]
    tickets = Tickets(clock=lambda: now[0])
    first, late = tickets.issue(), tickets.issue()
    session = tickets.redeem(first)
    now[0] = TICKET_SECONDS + 1

    assert session is not None
    assert tickets.admits(session)
    assert tickets.redeem(first) is None
    assert tickets.redeem(late) is None
    assert not tickets.admits(late)


def test_old_sessions_make_way() -> None:
    tickets = Tickets()
    sessions = [tickets.redeem(tickets.issue()) or "" for _ in range(MOST_SESSIONS + 1)]

    assert [tickets.admits(one) for one in sessions] == [False, *[True] * MOST_SESSIONS]

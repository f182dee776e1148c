"""What follows from a usage file, each formula worked out by hand once."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from infra.cost.estimate import estimate
from infra.cost.figure import Figure, plain
from infra.cost.usage.file import UsageFileError, load_usage, read_usage, usage_of
from infra.cost.usage.load import Load
from infra.cost.usage.turn import turn_figures
from infra.project import Project
from tests.infra.cost.plans import app, cosmos, database, line, plan, planned, priced, serverless, usage

# 100 conversations of 5 turns a day are 15,000 turns a month.
TURNS = 15_000


def expected(**values: Any) -> Load:
    return Load(usage(**values))


def test_turns_are_conversations_by_days_by_turns() -> None:
    assert expected().conversations().value == 3_000
    assert expected().turns().value == TURNS
    assert Load(usage(), Decimal(3)).turns().value == 3 * TURNS


def test_requests_and_tokens_are_by_turn() -> None:
    load = expected(turn={"requests": 2, "cachedTokens": 1000})

    assert load.requests().value == 2 * TURNS
    assert load.tokens("input").value == Decimal(TURNS * 2500) / 10**6
    assert load.tokens("cached").value == Decimal(TURNS * 1000) / 10**6
    assert load.tokens("output").value == Decimal(TURNS * 450) / 10**6


def test_request_units_are_the_modelled_ones_until_the_file_gives_its_own() -> None:
    modelled = sum(part.request_units for part in turn_figures().parts)

    assert expected().request_units().value == TURNS * modelled
    assert "modelled" in " ".join(expected().request_units().steps)
    assert expected(turn={"requestUnits": 50}).request_units().value == TURNS * 50
    assert "modelled" not in " ".join(expected(turn={"requestUnits": 50}).request_units().steps)


def test_every_part_of_a_turn_says_how_it_was_come_by() -> None:
    assert all(part.measured for part in turn_figures().parts)
    assert [(part.name, part.requests, part.request_units) for part in turn_figures().parts] == [
        ("checkpoints, a later turn", 10, Decimal("52.8")),
        ("run log", 4, Decimal(58)),
    ]


def test_what_leaves_is_answers_and_the_page() -> None:
    load = expected(conversationBytes=200_000)

    assert load.egress().value == Decimal(TURNS * 12_000 + 3_000 * 200_000) / 10**9


def test_logs_are_of_turns_of_tools_and_of_running_replicas() -> None:
    load = expected(turn={"toolCalls": 3, "toolLogBytes": 1500}, replicaLogBytesPerHour=200_000)
    hours = Figure.of(730, "replica-hours")

    assert load.log_gigabytes(hours).value == Decimal(TURNS * (12_000 + 3 * 1500) + 730 * 200_000) / 10**9


@pytest.mark.parametrize(
    ("storage", "lifetime", "days"),
    [({"keepDays": 90}, 7, 90), ({}, 7, 7), ({"ageMonths": 6}, None, 180)],
)
def test_what_is_stored_is_a_days_data_by_the_days_it_stays(
    storage: dict[str, Any], lifetime: int | None, days: int
) -> None:
    stored = expected(storage=storage).stored_gigabytes(lifetime).value

    assert stored == Decimal(500 * 40_000 * days) / 10**9


def test_the_containers_own_lifetime_counts() -> None:
    def keeping(*lives: int) -> Decimal | None:
        containers = [
            planned(
                "cosmosdb:SqlResourceSqlContainer",
                f"c{life}",
                accountName="db",
                resource={"defaultTtl": life},
            )
            for life in lives
        ]
        return line(priced(serverless(), *containers, usage=usage()), "Storage").quantity["expected"]

    week, month = 7 * 86_400, 30 * 86_400
    assert keeping(week, month) == keeping(month, month)
    assert keeping(week, -1) == Decimal(500 * 40_000 * 360) / 10**9


def test_the_retention_that_the_app_is_told_comes_first() -> None:
    told = app(0.5, "1Gi", 1)
    told.inputs["template"]["containers"][0]["env"] = [{"name": "SEATRIAL_RETENTION_DAYS", "value": "10"}]
    found = priced(serverless(), told, usage=usage())

    assert line(found, "Storage").quantity["expected"] == Decimal(500 * 40_000 * 10) / 10**9


def test_replicas_above_the_minimum_follow_littles_law() -> None:
    # 86,400 turns in 24 h are 1 a second; 8 s each are 8 in flight; 2 a replica want 4.
    load = expected(conversationsPerDay=86_400, turnsPerConversation=1)
    seconds = 24 * 3600 * 30

    assert load.extra_replica_seconds(least=1, most=10, concurrency=2).value == 3 * seconds
    assert load.extra_replica_seconds(least=1, most=3, concurrency=2).value == 2 * seconds
    assert load.extra_replica_seconds(least=4, most=10, concurrency=2).value == 0


def test_the_burst_counts_in_what_is_in_flight() -> None:
    load = expected(conversationsPerDay=86_400, turnsPerConversation=1, burst=2)

    assert load.extra_replica_seconds(least=0, most=20, concurrency=2).value == pytest.approx(
        Decimal(8 * 24 * 3600 * 30)
    )


def test_from_zero_a_replica_is_up_as_long_as_turns_come_within_the_cool_down() -> None:
    load = expected(activeHoursPerDay=10)
    rate = Decimal(500) / (10 * 3600)
    share = 1 - (-(rate * 308)).exp()

    assert load.extra_replica_seconds(least=0, most=5, concurrency=20).value == share * 10 * 3600 * 30


def test_nobody_means_no_replica() -> None:
    assert expected(conversationsPerDay=0).extra_replica_seconds(least=0, most=5, concurrency=20).value == 0


def test_an_app_without_a_rule_that_tells_has_unknown_replicas() -> None:
    queue = app(1, "2Gi", 0, 5)
    queue.inputs["template"]["scale"]["rules"] = [{"name": "queue", "custom": {}}]
    found = priced(queue, planned("operationalinsights:Workspace"), usage=usage())

    assert line(found, "vCPU, above minimum").monthly("expected") is None
    assert line(found, "Ingestion").monthly("expected") is None


def test_autoscale_pays_the_busiest_second_of_active_hours_above_its_floor() -> None:
    # 1 turn a second x 100 RU x burst 3 = 300 RU/s, 200 above the floor of 1,000 at most.
    load = {"conversationsPerDay": 36_000, "turnsPerConversation": 1, "activeHoursPerDay": 10, "burst": 3}
    found = priced(
        database(autoscaleSettings={"maxThroughput": 1000}),
        cosmos(),
        usage=usage(**load, turn={"requestUnits": 100}),
    )

    assert line(found, "Throughput above the floor").quantity["expected"] == 2 * 300
    assert line(found, "Throughput above the floor").quantity["busy"] == 2 * 300


def test_autoscale_never_pays_more_than_its_ceiling() -> None:
    found = priced(
        database(autoscaleSettings={"maxThroughput": 1000}),
        cosmos(),
        usage=usage(conversationsPerDay=10_000_000, turn={"requestUnits": 100}),
    )

    assert line(found, "Throughput above the floor").quantity["expected"] == 9 * 720


def test_a_quantity_of_the_file_overrides_what_is_derived() -> None:
    found = priced(serverless(), usage=usage(peakFactor=2, quantities={"DatabaseAccount.storage": 7.5}))
    storage = line(found, "Storage")

    assert storage.quantity == {"idle": 0, "expected": Decimal("7.5"), "busy": 15}
    assert "quantities" in storage.formula[0]


def test_a_quantity_for_a_line_that_is_not_there_is_refused_with_the_lines_that_are() -> None:
    with pytest.raises(UsageFileError, match=r"quantities\.x \(1\) is no line.*DatabaseAccount\.storage"):
        estimate(plan(serverless()), usage=usage(quantities={"x": 1}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"conversationPerDay": 3},
            r"conversationPerDay \(3\) is no usage key; legal keys here: conversationsPerDay",
        ),
        ({"conversationsPerDay": -1}, r"conversationsPerDay -1 is refused"),
        ({"conversationsPerDay": "many"}, r"conversationsPerDay 'many' is refused"),
        ({"peakFactor": 0.5}, r"peakFactor 0\.5 is refused"),
        ({"idleShare": 2}, r"idleShare 2 is refused"),
        ({"activeHoursPerDay": 25}, r"activeHoursPerDay 25 is refused"),
        ({"turn": {"inputTokens": 1, "outputTokens": 1}}, r"turn\.seconds is missing"),
        (
            {"turn": {"inputTokens": 1, "outputTokens": 1, "seconds": 1, "token": 2}},
            r"turn\.token \(2\).*inputTokens",
        ),
    ],
)
def test_an_error_names_file_key_and_value(change: dict[str, Any], message: str) -> None:
    turn = {"inputTokens": 1, "outputTokens": 1, "seconds": 1}
    values = {"conversationsPerDay": 1, "turnsPerConversation": 1, "turn": turn, **change}

    with pytest.raises(UsageFileError, match=rf"stacks/usage\.x\.yaml: {message}"):
        usage_of(values, "stacks/usage.x.yaml")


def test_a_decimal_of_the_file_stays_what_was_written() -> None:
    assert usage(peakFactor=1.1).peak_factor == Decimal("1.1")


def test_every_bundled_stack_has_a_usage_file(project: Project) -> None:
    for stack in project.stack_names():
        assert load_usage(project, stack) is not None


def test_a_stack_without_a_usage_file_has_no_usage(project: Project) -> None:
    assert load_usage(project, "nowhere") is None


@pytest.mark.parametrize("text", ["- 1", "a: [", ""])
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "usage.x.yaml"
    path.write_text(text)

    with pytest.raises(UsageFileError, match=r"usage\.x\.yaml"):
        read_usage(path)


@pytest.mark.parametrize(
    ("value", "text"), [("1E+3", "1000"), ("0.10", "0.1"), ("2.0000001", "2"), ("0", "0")]
)
def test_numbers_are_written_as_people_do(value: str, text: str) -> None:
    assert plain(Decimal(value)) == text

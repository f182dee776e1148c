"""A usage file from what the app itself counts: its own metrics, served and read as they are."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal

import httpx
import pytest
import yaml
from aiohttp import web
from prometheus_client import generate_latest

from app.database.charges import Charges
from app.metrics.registry import Metrics
from infra.cost.collect import CollectError, Counters, Threads, derive, read
from infra.cost.deployment import metrics, threads
from infra.cost.usage.file import UsageFileError, usage_of
from infra.cost.usage.writing import merged, written

STARTED = 1_000_000.0
HOUR_LATER = STARTED + 3_600


def served(runs: int = 10, *, source: str | None = None) -> str:
    """Return the `/metrics` of an app that answered some runs."""
    counted = Metrics()
    for _ in range(runs):
        counted.runs.labels("completed").inc()
        counted.run_seconds.observe(2)
        counted.tools.labels("search", "ok").inc(3)
        counted.requests.labels("POST", "/api/v1/message", "200").inc()
        counted.requests.labels("GET", "/api/v1/threads/{id}", "200").inc()
        counted.requests.labels("GET", "/health/live", "200").inc(40)
        counted.tokens.labels("gpt-4.1-mini", "input_tokens").inc(700)
        counted.tokens.labels("gpt-4.1-mini", "output_tokens").inc(90)
    text = generate_latest(counted.registry).decode()
    text = "\n".join(line for line in text.splitlines() if "process_start" not in line)
    units = (
        f'seatrial_cosmos_request_units_total{{operation="x",source="{source}"}} 500.0\n' if source else ""
    )
    return f"{text}\n{units}process_start_time_seconds {STARTED}\n"


def test_the_keys_follow_from_the_counters() -> None:
    found = derive(read(served(), HOUR_LATER), Threads(threads=2, messages=8))

    assert found.values == {
        "conversationsPerDay": Decimal("60.00"),
        "turnsPerConversation": Decimal("4.00"),
        "turn.seconds": Decimal("2.00"),
        "turn.requests": Decimal("2.00"),
        "turn.toolCalls": Decimal("3.00"),
        "turn.inputTokens": Decimal("700.00"),
        "turn.outputTokens": Decimal("90.00"),
    }
    assert "turn.logBytes" in found.missing
    assert "peakFactor" in found.missing


def test_without_threads_a_run_is_a_conversation_and_it_is_said() -> None:
    found = derive(read(served(), HOUR_LATER), None)

    assert found.values["conversationsPerDay"] == 240
    assert "--token" in found.missing["turnsPerConversation"]


def test_units_that_azure_charged_are_taken_and_modelled_ones_are_not() -> None:
    azure = derive(read(served(source="azure"), HOUR_LATER), None)
    modelled = derive(read(served(source="modelled"), HOUR_LATER), None)

    assert azure.values["turn.requestUnits"] == 50
    assert "turn.requestUnits" not in modelled.values
    assert "a model's" in modelled.missing["turn.requestUnits"]


def test_the_apps_own_names_are_the_ones_that_are_read() -> None:
    charges = Charges("https://shop.documents.azure.com:443/")
    charges._units["read"] += 7  # type: ignore[assignment]
    counted = Metrics()
    with counted.showing(charges):
        text = generate_latest(counted.registry).decode()

    assert read(text, HOUR_LATER).request_units == 7


def test_two_readings_count_what_lies_between() -> None:
    before, later = read(served(10), HOUR_LATER), read(served(16), HOUR_LATER + 600)
    found = derive(later.since(before), None)

    assert found.values["conversationsPerDay"] == 6 * 144
    assert found.values["turn.inputTokens"] == 700


def test_a_restart_between_two_readings_is_noticed() -> None:
    with pytest.raises(CollectError, match="another process answered"):
        read(served(3), HOUR_LATER).since(read(served(10), HOUR_LATER))


def without_start(text: str) -> str:
    return text.replace("process_start_time_seconds", "other_seconds")


@pytest.mark.parametrize(
    ("text", "time", "said"),
    [
        ("<html>", HOUR_LATER, "no Prometheus text|holds no counter"),
        ("up 1\n", HOUR_LATER, "holds no counter of Sea Trial"),
        (served(0), HOUR_LATER, "no run has ended"),
        (served(), STARTED + 5, "counts for 5 s only"),
        (without_start(served()), HOUR_LATER, "--over SECONDS"),
    ],
)
def test_what_nothing_follows_from_is_refused(text: str, time: float, said: str) -> None:
    with pytest.raises(CollectError, match=said):
        derive(read(text, time), None)


def test_the_file_is_a_usage_file_and_names_what_it_is_made_of() -> None:
    found = derive(read(served(), HOUR_LATER), Threads(1, 4))
    base = {"peakFactor": 3, "turn": {"logBytes": 900, "seconds": 99}}

    text = written(merged(base, found), found, "http://app", "2026-11-21")

    usage = usage_of(yaml.safe_load(text), "usage")
    assert (usage.peak_factor, usage.turn.log_bytes, usage.turn.seconds) == (3, 900, 2)
    assert text.startswith("# Collected from http://app on 2026-11-21.\n")
    assert "# not derived: turn.answerBytes" in text


def test_a_base_that_is_no_usage_is_refused() -> None:
    found = derive(read(served(), HOUR_LATER), None)

    with pytest.raises(UsageFileError, match="peekFactor"):
        written(merged({"peekFactor": 3}, found), found, "http://app", "2026-11-21")


@asynccontextmanager
async def deployment(handler: Callable[[web.Request], web.Response]) -> AsyncIterator[str]:
    async def answer(request: web.Request) -> web.Response:
        return handler(request)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def contract(request: web.Request) -> web.Response:
    """Answer as the app's contract says: threads in pages, each with its messages."""
    if request.headers.get("Authorization") != "Bearer good":
        return web.json_response({"error": "Unauthenticated", "detail": "no token"}, status=401)
    if request.path == "/metrics":
        return web.Response(text=served())
    if request.path == "/api/v1/threads":
        last = request.query.get("cursor") == "2"
        names = ["c"] if last else ["a", "b"]
        return web.json_response(
            {"threads": [{"thread_id": name} for name in names], "next_cursor": None if last else "2"}
        )
    roles = ("user", "assistant", "user", "tool") if request.path.endswith("a") else ("user",)
    return web.json_response({"messages": [{"role": role, "content": ""} for role in roles]})


async def test_the_threads_of_users_are_counted_over_pages() -> None:
    async with deployment(contract) as url:

        def ask() -> tuple[Threads | None, Counters]:
            with httpx.Client(base_url=url, trust_env=False) as http:
                return threads(http, ["good"]), read(metrics(http, "good"), HOUR_LATER)

        counted, figures = await asyncio.to_thread(ask)

    assert counted == Threads(threads=3, messages=4)
    assert figures.turns == 10


async def test_metrics_that_want_a_user_say_so() -> None:
    async with deployment(contract) as url:

        def ask() -> str:
            with httpx.Client(base_url=url, trust_env=False) as http:
                return metrics(http, None)

        with pytest.raises(CollectError, match="give --token"):
            await asyncio.to_thread(ask)

"""A usage file from what a deployment itself has counted: its `/metrics`, and its users' threads."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from prometheus_client.parser import text_string_to_metric_families

DAY = 86_400
NOT_OF_PEOPLE = ("/health", "/metrics")
SHORTEST = 60
_DIGITS = Decimal("0.01")


class CollectError(Exception):
    """Say why no usage follows from what a deployment shows."""


@dataclass(frozen=True)
class Counters:
    """Hold the sums of one reading of `/metrics`, and when that process began to count."""

    time: float
    started: float | None
    turns: Decimal
    turn_seconds: Decimal
    requests: Decimal
    tool_calls: Decimal
    tokens: Mapping[tuple[str, str], Decimal]
    request_units: Decimal | None = None
    modelled: bool = False

    def since(self, before: "Counters | None") -> "Counters":
        """Return what was counted between two readings of one process; raise CollectError on a restart."""
        if before is None:
            return self
        if before.started != self.started or self.turns < before.turns:
            raise CollectError("another process answered the second reading (a restart, or a second replica)")
        units = (
            None if self.request_units is None else self.request_units - (before.request_units or Decimal(0))
        )
        return Counters(
            time=self.time,
            started=before.time,
            turns=self.turns - before.turns,
            turn_seconds=self.turn_seconds - before.turn_seconds,
            requests=self.requests - before.requests,
            tool_calls=self.tool_calls - before.tool_calls,
            tokens={key: amount - before.tokens.get(key, 0) for key, amount in self.tokens.items()},
            request_units=units,
            modelled=self.modelled,
        )


@dataclass(frozen=True)
class Threads:
    """Hold how many threads some users have, and how many messages they wrote in them."""

    threads: int
    messages: int


@dataclass
class Collected:
    """Hold the values that were derived, how, and the keys that nothing here tells."""

    values: dict[str, Decimal | str] = field(default_factory=dict)
    how: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def put(self, key: str, value: Decimal | str, how: str) -> None:
        """Note a value and where it comes from."""
        self.values[key] = value.quantize(_DIGITS) if isinstance(value, Decimal) else value
        self.how[key] = how


def read(text: str, time: float) -> Counters:
    """Return the counters of a `/metrics` text that was read at a time; raise CollectError."""
    try:
        samples = [
            (sample.name, sample.labels, Decimal(str(sample.value)))
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        ]
    except ValueError as error:
        raise CollectError(f"/metrics is no Prometheus text: {error}") from None
    if not any(name == "seatrial_runs_total" or name.startswith("seatrial_") for name, _, _ in samples):
        raise CollectError("/metrics holds no counter of Sea Trial (seatrial_...): is this the app?")
    started = _sum(samples, "process_start_time_seconds")
    units = [
        labels.get("source") for name, labels, _ in samples if name == "seatrial_cosmos_request_units_total"
    ]
    return Counters(
        time=time,
        started=float(started) if started else None,
        turns=_sum(samples, "seatrial_runs_total"),
        turn_seconds=_sum(samples, "seatrial_run_seconds_sum"),
        requests=sum(
            (
                value
                for name, labels, value in samples
                if name == "seatrial_requests_total" and not labels.get("route", "").startswith(NOT_OF_PEOPLE)
            ),
            Decimal(0),
        ),
        tool_calls=_sum(samples, "seatrial_tools_total"),
        tokens=_tokens(samples),
        request_units=_sum(samples, "seatrial_cosmos_request_units_total") if units else None,
        modelled="modelled" in units,
    )


def derive(counted: Counters, threads: Threads | None) -> Collected:
    """Return the usage that follows; raise CollectError where there is nothing to count from."""
    if counted.started is None:
        raise CollectError(
            "/metrics does not say since when it counts (process_start_time_seconds); "
            "read it twice instead: --over SECONDS"
        )
    seconds = Decimal(str(counted.time)) - Decimal(str(counted.started))
    if seconds < SHORTEST:
        raise CollectError(f"the app counts for {seconds:.0f} s only; a usage needs {SHORTEST} s at least")
    if not counted.turns:
        raise CollectError("no run has ended in that time, so nothing follows; ask again after some use")
    found = Collected()
    _conversations(found, counted, threads, seconds)
    _turn(found, counted)
    _tokens_of_turn(found, counted)
    _untold(found)
    return found


def _conversations(found: Collected, counted: Counters, threads: Threads | None, seconds: Decimal) -> None:
    turns_a_day = counted.turns * DAY / seconds
    told = f"{counted.turns:f} runs in {seconds:.0f} s"
    if threads is None or not threads.threads or not threads.messages:
        found.put("conversationsPerDay", turns_a_day, f"{told}; every run counted as a conversation")
        found.missing["turnsPerConversation"] = "no thread was read: give a user's --token (1 is assumed)"
        found.put("turnsPerConversation", Decimal(1), "assumed")
        return
    each = Decimal(threads.messages) / threads.threads
    found.put("turnsPerConversation", each, f"{threads.messages} messages in {threads.threads} threads")
    found.put("conversationsPerDay", turns_a_day / each, f"{told}, {each:.2f} of them a conversation")


def _turn(found: Collected, counted: Counters) -> None:
    turns = counted.turns
    found.put("turn.seconds", counted.turn_seconds / turns, "time of all runs / runs")
    found.put("turn.requests", counted.requests / turns, "HTTP requests without probes and /metrics / runs")
    found.put("turn.toolCalls", counted.tool_calls / turns, "tool calls / runs")
    if counted.request_units is None:
        found.missing["turn.requestUnits"] = "the app counts no request units: no Cosmos DB behind it"
    elif counted.modelled:
        found.missing["turn.requestUnits"] = "the app's units are a model's, not Azure's"
    else:
        found.put("turn.requestUnits", counted.request_units / turns, "RU that Azure charged / runs")


def _tokens_of_turn(found: Collected, counted: Counters) -> None:
    models = sorted({model for model, _ in counted.tokens if model != "None"})
    for key, kind in (("turn.inputTokens", "input_tokens"), ("turn.outputTokens", "output_tokens")):
        amount = sum((value for (_, one), value in counted.tokens.items() if one == kind), Decimal(0))
        found.put(key, amount / counted.turns, f"{kind} of {', '.join(models) or 'no model'} / runs")


def _untold(found: Collected) -> None:
    found.missing |= {
        "turn.cachedTokens": "the app does not count cached tokens",
        "turn.answerBytes": "the app does not count the bytes of its answers",
        "turn.logBytes": "logs are billed where they arrive: query the workspace's Usage table",
        "turn.toolLogBytes": "as turn.logBytes",
        "turn.storedBytes": "read the account's DataUsage metric",
        "peakFactor": "one reading shows no peak: compare days",
        "activeHoursPerDay": "one reading shows no hours",
    }


def _tokens(samples: Iterable[tuple[str, dict[str, str], Decimal]]) -> dict[tuple[str, str], Decimal]:
    found: dict[tuple[str, str], Decimal] = {}
    for name, labels, value in samples:
        if name == "seatrial_tokens_total":
            key = (labels.get("model", ""), labels.get("kind", ""))
            found[key] = found.get(key, Decimal(0)) + value
    return found


def _sum(samples: Iterable[tuple[str, dict[str, str], Decimal]], wanted: str) -> Decimal:
    return sum((value for name, _, value in samples if name == wanted), Decimal(0))

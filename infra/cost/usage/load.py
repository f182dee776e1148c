"""What follows from a usage file in one column: turns, tokens, request units, replicas, bytes."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from infra.cost.figure import Figure, plain
from infra.cost.model import DAYS, ZERO
from infra.cost.usage.file import UsageFile
from infra.cost.usage.turn import turn_figures

HOUR = 3600
GB = 10**9
MILLION = 10**6
COOLDOWN_SECONDS = 300


@dataclass(frozen=True)
class Load:
    """Derive a month's quantities; `factor` is 1 for an expected month, the peak factor for a busy one."""

    usage: UsageFile
    factor: Decimal = Decimal(1)

    @classmethod
    def columns(cls, usage: UsageFile) -> Mapping[str, "Load"]:
        """Return the load of each column that depends on use."""
        return {"expected": cls(usage), "busy": cls(usage, usage.peak_factor)}

    def conversations(self) -> Figure:
        """Return conversations a month = a day's x 30 x the peak factor."""
        figure = Figure.of(self.usage.conversations_per_day, "conversations a day").times(DAYS, "days")
        return figure if self.factor == 1 else figure.times(self.factor, "peak factor")

    def turns(self) -> Figure:
        """Return turns a month = conversations x turns of one."""
        return self.conversations().times(self.usage.turns_per_conversation, "turns a conversation")

    def requests(self) -> Figure:
        """Return HTTP requests from outside a month."""
        return self.turns().times(self.usage.turn.requests, "HTTP requests a turn")

    def request_units(self) -> Figure:
        """Return Cosmos RU a month = turns x RU of a turn."""
        return self.turns().times(self.turn_request_units().value, f"RU a turn ({self._units_named()})")

    def turn_request_units(self) -> Figure:
        """Return the RU of one turn: the usage file's own, or the modelled ones."""
        own = self.usage.turn.request_units
        return turn_figures().request_units() if own is None else Figure.of(own, "RU, from the usage file")

    def _units_named(self) -> str:
        if self.usage.turn.request_units is not None:
            return "from the usage file"
        parts = turn_figures().parts
        return "modelled: " + ", ".join(f"{plain(part.request_units)} {part.name}" for part in parts)

    def peak_request_units(self) -> Figure:
        """Return RU/s in the busiest second of an active hour, as autoscale bills it."""
        rate = self.turn_rate().times(self.turn_request_units().value, f"RU a turn ({self._units_named()})")
        return rate.times(self.usage.burst, "burst, busiest second against mean")

    def turn_rate(self) -> Figure:
        """Return turns a second in active hours."""
        active = self.usage.active_hours_per_day * HOUR * DAYS
        named = f"seconds of {plain(self.usage.active_hours_per_day)} active hours a day"
        return self.turns().over(active, named)

    def tokens(self, kind: str) -> Figure:
        """Return millions of tokens a month: `input` (not cached), `cached` or `output`."""
        turn = self.usage.turn
        cached = min(turn.cached_tokens, turn.input_tokens)
        each = {"input": turn.input_tokens - cached, "cached": cached, "output": turn.output_tokens}[kind]
        return self.turns().times(each, f"{kind} tokens a turn").over(MILLION, "a million")

    def egress(self) -> Figure:
        """Return GB that leave Azure a month: answers and, once a conversation, the page."""
        answers = self.turns().times(self.usage.turn.answer_bytes, "bytes an answer")
        pages = self.conversations().times(self.usage.conversation_bytes, "bytes of page a conversation")
        return answers.plus(pages).over(GB, "a GB")

    def log_gigabytes(self, replica_hours: Figure) -> Figure:
        """Return GB of logs and telemetry a month, of turns and of running replicas."""
        turn = self.usage.turn
        each = turn.log_bytes + turn.tool_calls * turn.tool_log_bytes
        named = (
            f"bytes of logs a turn ({plain(turn.log_bytes)} + {plain(turn.tool_calls)} tool calls "
            f"x {plain(turn.tool_log_bytes)})"
        )
        standing = replica_hours.times(self.usage.replica_log_bytes_per_hour, "bytes of logs a replica hour")
        return self.turns().times(each, named).plus(standing).over(GB, "a GB")

    def stored_gigabytes(self, lifetime_days: int | None) -> Figure:
        """Return GB kept in the database: a day's data x the days it stays (a lifetime, or growth so far)."""
        storage = self.usage.storage
        daily = self.turns().over(DAYS, "days").times(self.usage.turn.stored_bytes, "bytes stored a turn")
        if storage.keep_days is not None:
            kept = daily.times(storage.keep_days, "days kept (storage.keepDays)")
        elif lifetime_days is not None:
            kept = daily.times(lifetime_days, "days kept (the containers' ttl)")
        else:
            kept = daily.times(storage.age_months * DAYS, "days since the first turn: nothing expires")
        return kept.over(GB, "a GB")

    def extra_replica_seconds(self, *, least: int, most: int, concurrency: int) -> Figure:
        """Return replica-seconds above the minimum.

        Little's law: turns in flight = turns a second x seconds of a turn x burst; the HTTP rule keeps one
        replica for each `concurrency` of them. From zero, one replica is up as long as any turn came within
        the last cool-down: with turns at random that is 1 - e^-(rate x (turn + 300 s)) of the time.
        """
        seconds = self.usage.active_hours_per_day * HOUR * DAYS
        rate = self.turn_rate().value
        flight = rate * self.usage.turn.seconds * self.usage.burst
        wanted = (flight / concurrency).to_integral_value(rounding=ROUND_CEILING)
        law = (
            f"{plain(rate)} turns/s x {plain(self.usage.turn.seconds)} s x burst {plain(self.usage.burst)} "
            f"= {plain(flight)} in flight, {concurrency} a replica: {wanted} of {least} to {most}"
        )
        if least:
            extra = max(ZERO, min(wanted, Decimal(most)) - least)
            return Figure(extra, (law, f"{plain(extra)} above the minimum")).times(
                seconds, "active seconds a month"
            )
        up = min(max(wanted, Decimal(1)), Decimal(most)) if rate else ZERO
        share = 1 - (-(rate * (self.usage.turn.seconds + COOLDOWN_SECONDS))).exp()
        start = Figure(up, (law, f"{plain(up)} replicas while any is up"))
        return start.times(share, "of the active time up (1 - e^-(rate x (turn + 300 s)))").times(
            seconds, "active seconds a month"
        )

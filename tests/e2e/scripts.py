"""What the double plays: runs as lists of steps."""

from dataclasses import dataclass, field
from typing import Any

SUPERVISOR = "supervisor"
HASH = "9f2c" * 16
PRICE = {
    "currency": "USD",
    "model": "0.0008528",
    "database": "0.000046",
    "total": "0.0008988",
    "basis": "list",
}
USAGE = {
    "model": "smollm2-135m-instruct",
    "input_tokens": 1284,
    "output_tokens": 212,
    "total_tokens": 1496,
    "request_units": 184.26,
    "request_units_modelled": True,
    "price": PRICE,
}


@dataclass(frozen=True)
class Step:
    """Say one event of a run: the wait before it, whether the test lets it go, how far its time is moved."""

    type: str
    agent: str
    data: dict[str, Any] = field(default_factory=dict)
    wait: float = 0.01
    held: bool = False
    final: bool = False
    skip: float = 0.0


def started(agent: str, number: str, above: str | None = None, **timing: Any) -> Step:
    parents = {"parent_run_id": above, "parent": above and SUPERVISOR}
    return Step("agent_started", agent, {"agent_run_id": number, **parents, "context_hash": HASH}, **timing)


def thought(agent: str, number: str, text: str, **timing: Any) -> Step:
    return Step("agent_thinking", agent, {"agent_run_id": number, "text": text}, **timing)


def written(text: str, size: int = 24, **timing: Any) -> list[Step]:
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    return [
        Step("agent_thinking", SUPERVISOR, {"agent_run_id": "a0", "delta": piece}, **timing)
        for piece in pieces
    ]


def tool(
    agent: str, number: str, name: str, given: Any, got: Any, *, seconds: float = 0.4, **timing: Any
) -> list[Step]:
    call = {"agent_run_id": number, "tool": name, "tool_call_id": f"{number}-{name}"}
    skip = timing.get("skip", 0.0)
    return [
        Step("tool_executing", agent, {**call, "input": given}, **timing),
        Step("tool_completed", agent, {**call, "output": got, "seconds": seconds}, skip=skip + seconds),
    ]


def tool_failed(agent: str, number: str, name: str, given: Any, error: str) -> list[Step]:
    call = {"agent_run_id": number, "tool": name, "tool_call_id": f"{number}-{name}"}
    return [
        Step("tool_executing", agent, {**call, "input": given}),
        Step("tool_completed", agent, {**call, "error": error, "seconds": 1.2}),
    ]


def completed(agent: str, number: str, message: str, **timing: Any) -> Step:
    return Step(
        "agent_completed", agent, {"agent_run_id": number, "message": message, "context_hash": HASH}, **timing
    )


def answered(message: str, *, missing: tuple[str, ...] = (), **timing: Any) -> Step:
    data = {
        "agent_run_id": "a0",
        "message": message,
        "context_hash": HASH,
        "completed": not missing,
        "usage": USAGE,
        "missing": list(missing),
        "context": {},
    }
    return Step("agent_completed", SUPERVISOR, data, final=True, **timing)


def failed(
    agent: str, number: str, error: str, detail: str, *, by: str | None = None, final: bool = False
) -> Step:
    data = {"agent_run_id": number, "error": error, "detail": detail, "recovered_by": by}
    return Step("agent_failed", agent, data, final=final)


def short(message: str = "Three nights in **Lisbon** come to 612 EUR.") -> list[Step]:
    """A supervisor, one agent, one tool, a streamed answer."""
    return [
        started(SUPERVISOR, "a0"),
        thought(SUPERVISOR, "a0", "Asks the hotel agent for rooms in Lisbon"),
        started("hotel_agent", "a1", "a0"),
        *tool("hotel_agent", "a1", "search_hotels", {"city": "Lisbon", "nights": 3}, {"hotels": 4}),
        completed("hotel_agent", "a1", "Four hotels fit."),
        *written(message, 8),
        answered(message),
    ]


TRIP_QUESTION = "Plan three days in Lisbon for two people, under 900 EUR, leaving from Berlin on 12 March."
TRIP_ANSWER = """\
Three days in Lisbon for two come to **842 EUR**, 58 EUR under your budget.

- **Flights:** Berlin to Lisbon on 12 March at 07:10, back on 15 March at 18:45, 318 EUR
- **Hotel:** Casa do Rio in Alfama, 3 nights, 384 EUR
- **Sights:** tram 28, the Belém tower and the tile museum, 140 EUR

The tile museum closes on Mondays, so it stands on the first day."""


def trip() -> list[Step]:
    """The run that the README shows: three agents, three tools, all five event types."""
    flights = {"from": "Berlin", "to": "Lisbon", "date": "2027-03-12", "travellers": 2}
    found = {"flight": "TP 535", "departs": "07:10", "returns": "18:45", "price_eur": 318}
    return [
        started(SUPERVISOR, "a0"),
        thought(
            SUPERVISOR,
            "a0",
            "Needs flights first, then a hotel for what is left of the budget",
            skip=0.2,
        ),
        started("flight_agent", "a1", "a0", skip=0.3),
        *tool("flight_agent", "a1", "search_flights", flights, found, seconds=0.82, skip=0.5),
        completed("flight_agent", "a1", "TP 535, 318 EUR for two.", skip=1.7),
        started("hotel_agent", "a2", "a0", skip=1.7),
        *tool(
            "hotel_agent",
            "a2",
            "search_hotels",
            {"city": "Lisbon", "nights": 3, "up_to_eur": 400},
            {"hotel": "Casa do Rio", "district": "Alfama", "price_eur": 384},
            seconds=0.64,
            skip=1.9,
        ),
        *tool(
            "hotel_agent",
            "a2",
            "total_budget",
            {"parts_eur": [318, 384, 140], "limit_eur": 900},
            {"total_eur": 842, "left_eur": 58},
            seconds=0.02,
            skip=2.7,
        ),
        completed("hotel_agent", "a2", "Casa do Rio, 384 EUR.", skip=3.1),
        *written(TRIP_ANSWER, 30, skip=3.4),
        answered(TRIP_ANSWER, skip=4.6),
    ]

"""The WebSocket: it carries the same run as everything else."""

import json
import time
from typing import Any

from websockets.asyncio.client import ClientConnection

from infra.verify.ledger import Outcome
from infra.verify.report import CheckFailedError
from infra.verify.trace import WireEvent, faults
from infra.verify.visit import Turn, Visit


async def socket(visit: Visit) -> Outcome[Turn]:
    """Expect pong, then a message's events to the final one, equal to their replay over HTTP."""
    text = visit.suite.verified
    person, started = visit.socket_user, time.perf_counter()
    async with person.socket() as connection:
        chosen = connection.subprotocol
        if chosen != "bearer":
            raise CheckFailedError(f"the server selected the subprotocol {chosen!r}, expected 'bearer'")
        await _send(connection, {"type": "ping", "id": "p1"})
        pong = await _frame(connection)
        if (pong.get("type"), pong.get("id")) != ("pong", "p1"):
            raise CheckFailedError(f"a ping was answered by {pong}")
        frame = {"type": "message", "id": "m1", "message": text, "thread_id": visit.socket_thread}
        await _send(connection, frame)
        accepted = await _frame(connection)
        if (accepted.get("type"), accepted.get("id")) != ("accepted", "m1"):
            raise CheckFailedError(f"a message was answered by {accepted}")
        events = await _events(connection)
    seconds = round(time.perf_counter() - started, 3)
    run_id = str(accepted["run_id"])
    await _compare(events, await person.events(run_id), run_id)
    evidence = {
        "run_id": run_id,
        "thread_id": accepted["thread_id"],
        "events": len(events),
        "seconds": seconds,
    }
    last = events[-1]["data"]
    turn = Turn(
        message=text,
        answer=str(last.get("message", "")),
        run_id=run_id,
        thread_id=str(accepted["thread_id"]),
        completed=bool(last.get("completed")),
        context=last.get("context"),
        events=events,
        seconds=seconds,
    )
    return Outcome(
        value=turn, detail=f"pong, then {len(events)} events, the same as over HTTP", evidence=evidence
    )


async def _send(connection: ClientConnection, frame: dict[str, Any]) -> None:
    await connection.send(json.dumps(frame))


async def _frame(connection: ClientConnection) -> dict[str, Any]:
    while True:
        frame: dict[str, Any] = json.loads(await connection.recv())
        if frame.get("type") != "heartbeat":
            return frame


async def _events(connection: ClientConnection) -> list[WireEvent]:
    events: list[WireEvent] = []
    while not events or not events[-1].get("final"):
        frame = await _frame(connection)
        if frame.get("type") == "error":
            raise CheckFailedError(
                f"the run ended in an error frame: {frame.get('error')}: {frame.get('detail')}"
            )
        events.append({key: value for key, value in frame.items() if key != "id"})
    return events


async def _compare(live: list[WireEvent], replayed: list[WireEvent], run_id: str) -> None:
    broken = faults(live)
    if broken:
        raise CheckFailedError("; ".join(broken), run_id=run_id)
    if live != replayed:
        raise CheckFailedError(
            f"the WebSocket showed {len(live)} events, the replay over HTTP {len(replayed)} or other ones",
            run_id=run_id,
        )

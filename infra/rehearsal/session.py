"""A rehearsal with a person at the terminal: it can be interrupted at any time, and cleans up."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from infra.rehearsal import twin_process
from infra.rehearsal.order import Order
from infra.rehearsal.progress import Note, Sink
from infra.rehearsal.rehearsal import Rehearsal
from infra.rehearsal.report import UpReport

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


STAYS = "running since an earlier command, and left running by this one; Ctrl-C ends the wait"


class InterruptedRehearsalError(Exception):
    """Say that somebody stopped a rehearsal before its end; nothing is left running."""


async def run(order: Order, sink: Sink, told: Callable[[UpReport], Awaitable[None]]) -> UpReport:
    """Rehearse, tell the report, and hold the stack until a signal comes when the order says so.

    Raises InterruptedRehearsalError when a signal comes before the report.
    """
    rehearsal = Rehearsal(order, sink)
    with _signals() as stop:
        report = await _until(rehearsal, stop, sink)
        await told(report)
        if report.running and order.after == "hold" and (report.ok or order.keep):
            sink(Note("running; Ctrl-C stops everything" if rehearsal.owns_twin else STAYS))
            await _hold(order, stop, sink)
        if report.running and order.after != "leave" and rehearsal.owns_twin:
            await rehearsal.stop()
            sink(Note("stopped; nothing is left running"))
    return report


async def _until(rehearsal: Rehearsal, stop: asyncio.Event, sink: Sink) -> UpReport:
    work = asyncio.create_task(rehearsal.report())
    interrupted = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({work, interrupted}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            return work.result()
        sink(Note("stopping"))
    except BaseException:
        await _abandon(work, rehearsal)
        raise
    finally:
        interrupted.cancel()
    await _abandon(work, rehearsal)
    left = "nothing is left" if rehearsal.owns_twin else "what this command started is not left"
    raise InterruptedRehearsalError(f"stopped before the end; {left} running")


async def _abandon(work: "asyncio.Task[UpReport]", rehearsal: Rehearsal) -> None:
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    await rehearsal.stop()


async def _hold(order: Order, stop: asyncio.Event, sink: Sink) -> None:
    address = twin_process.running(order.state)
    if address is None:
        return
    ended = asyncio.create_task(twin_process.gone(address.pid))
    asked = asyncio.create_task(stop.wait())
    await asyncio.wait({ended, asked}, return_when=asyncio.FIRST_COMPLETED)
    sink(Note("stopping" if asked.done() else "the twin was stopped by another command"))
    ended.cancel()
    asked.cancel()


@contextmanager
def _signals() -> Iterator[asyncio.Event]:
    """Turn every ending signal, however often it comes, into one event."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in SIGNALS:
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)

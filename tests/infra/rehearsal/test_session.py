"""Who stops what when a rehearsal ends."""

import asyncio
from pathlib import Path

import pytest

from infra.project import Project
from infra.rehearsal import session, twin_process
from infra.rehearsal.order import After, Order
from infra.rehearsal.rehearsal import Rehearsal
from infra.rehearsal.report import UpReport


class Place:
    """Hold what a session did to the twin."""

    def __init__(self) -> None:
        self.did: list[str] = []


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Place:
    place = Place()

    async def hold(*_: object) -> None:
        place.did.append("held")

    async def stop(_: Path) -> bool:
        place.did.append("stopped")
        return True

    monkeypatch.setattr(session, "_hold", hold)
    monkeypatch.setattr(twin_process, "stop", stop)
    return place


@pytest.mark.parametrize(
    ("after", "facts", "did"),
    [
        ("hold", {"owns", "ok"}, ["held", "stopped"]),
        ("hold", {"ok"}, ["held"]),
        ("hold", set(), []),
        ("hold", {"owns", "keep"}, ["held", "stopped"]),
        ("stop", {"ok"}, []),
        ("stop", {"owns", "ok"}, ["stopped"]),
    ],
)
async def test_only_a_twin_of_ones_own_is_stopped(
    after: After,
    facts: set[str],
    did: list[str],
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def report(self: Rehearsal) -> UpReport:
        self.owns_twin = "owns" in facts
        return UpReport(stack="dev", ok="ok" in facts, mode="process", running=True)

    monkeypatch.setattr(Rehearsal, "report", report)
    order = Order(
        project=Project(Path("/nowhere")), stack="dev", mode="process", after=after, keep="keep" in facts
    )

    await session.run(order, lambda _: None, lambda _: asyncio.sleep(0))

    assert place.did == did

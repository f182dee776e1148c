"""Two app processes on one database: each remembers and follows the other, and takes over its runs."""

import json
import re
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.database.conftest import App, Deployed, Eventually

pytestmark = [pytest.mark.long, pytest.mark.twin, pytest.mark.timeout(240)]
ACCOUNT_KEY = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{86}==")
TRIP = "Plan a 3-day trip to Lisbon in May for 2 people and tell me what it costs."


class Follower(threading.Thread):
    """Read a run's events over SSE until the stream ends."""

    def __init__(self, app: App, run_id: str) -> None:
        super().__init__(daemon=True)
        self.app, self.run_id = app, run_id
        self.events: list[dict[str, Any]] = []

    def run(self) -> None:
        after = 0
        while not (self.events and self.events[-1].get("final")):
            path = f"/api/v1/runs/{self.run_id}/events?after={after}"
            with httpx.stream("GET", self.app.url + path, timeout=120, trust_env=False) as answer:
                for line in answer.iter_lines():
                    if line.startswith("data: "):
                        self.events.append(json.loads(line[6:]))
            after = self.events[-1]["seq"] if self.events else 0


@pytest.fixture
def pair(deployed: Deployed) -> tuple[App, App]:
    deployed.grant()
    one, two = deployed.start(), deployed.start()
    return one.wait_ready(), two.wait_ready()


def begun(app: App, thread: str) -> str:
    answer = app.http.post(f"/api/v1/threads/{thread}/runs", json={"message": TRIP})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["run_id"])


def test_one_process_remembers_and_follows_what_the_other_did(
    pair: tuple[App, App], deployed: Deployed, tmp_path: Path
) -> None:
    one, two = pair
    run_id = begun(one, "shared")
    follower = Follower(two, run_id)
    follower.start()
    follower.join(60)

    own = Follower(one, run_id)
    own.run()
    assert [event["seq"] for event in follower.events] == list(range(1, len(follower.events) + 1))
    assert follower.events == own.events
    assert follower.events[-1]["type"] == "agent_completed"

    later = two.say("shared", "And for 5 days?")
    assert "Lisbon" in later["message"]
    said = one.http.get("/api/v1/threads/shared").json()["messages"]
    assert [entry["content"] for entry in said if entry["role"] == "user"] == [TRIP, "And for 5 days?"]

    metrics = two.http.get("/metrics").text
    assert 'seatrial_cosmos_requests_total{operation="runs.append",source="modelled"' in metrics
    no_key_is_anywhere(deployed, tmp_path)


def no_key_is_anywhere(deployed: Deployed, folder: Path) -> None:
    """Find nothing in the form of an account's key, neither told to a replica nor kept by ARM."""
    told = [value for app in deployed.started for value in app.environment.values()]
    kept = [path.read_text() for path in folder.rglob("*.json")]
    assert kept
    for text in (*told, *kept):
        assert not ACCOUNT_KEY.search(text)
        assert "masterkey" not in text.lower()


def test_a_run_whose_process_is_killed_is_carried_on_by_the_other(
    pair: tuple[App, App], deployed: Deployed, eventually: Eventually
) -> None:
    one, two = pair
    slow(deployed, 400)
    run_id = begun(one, "killed")
    follower = Follower(two, run_id)
    follower.start()
    eventually(lambda: len(follower.events) >= 2)

    one.process.kill()
    slow(deployed, 0)
    follower.join(120)

    assert [event["seq"] for event in follower.events] == list(range(1, len(follower.events) + 1))
    assert follower.events[-1]["type"] == "agent_completed", follower.events[-3:]
    interrupted = [event for event in follower.events if event["data"].get("error") == "Interrupted"]
    assert interrupted
    assert two.http.get(f"/api/v1/runs/{run_id}").json()["status"] == "completed"


def slow(deployed: Deployed, milliseconds: int) -> None:
    """Make every request to the database take longer."""
    answer = httpx.put(
        f"{deployed.twin.twin.arm_url}/twin/database/faults",
        json={"latency_ms": milliseconds},
        headers={"Authorization": f"Bearer {deployed.twin.twin.token}"},
        trust_env=False,
    )
    assert answer.status_code == 200, answer.text


def test_a_deleted_thread_leaves_no_document(pair: tuple[App, App], deployed: Deployed) -> None:
    one, two = pair
    run_id = one.say("gone-soon", TRIP)["run_id"]
    names = ["gone-soon", run_id]
    assert holding(deployed, names)

    assert two.http.delete("/api/v1/threads/gone-soon").status_code == 204

    assert holding(deployed, names) == {}


def holding(deployed: Deployed, names: list[str]) -> dict[str, Any]:
    (account,) = deployed.twin.admin.search(names)["accounts"]
    return {name: ids for one in account["containers"] for name, ids in one["found"].items()}

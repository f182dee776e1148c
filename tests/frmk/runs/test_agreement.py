"""Random steps on two handles of one store: each must answer as memory does, whoever did what before."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from frmk.errors import FrameworkError
from frmk.runs.memory import MemoryStore
from frmk.runs.models import Lease, Message
from frmk.runs.states import RunStatus
from frmk.runs.store import RunChange
from tests.frmk.runs.test_store_conformance import a_run, an_event, at

USERS = ("ana", "bob")
THREADS = ("t1", "t2", "t3")
STEPS = 150


class Steps:
    """Draw steps; runs and leases are those that earlier steps made, right or stale."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.runs = []
        self.leases = []
        self.number = 0
        self.clock = 0

    def draw(self):
        self.clock += 1
        kinds = [
            "create",
            "append",
            "append",
            "append",
            "end",
            "end",
            "acquire",
            "renew",
            "release",
            "cancel",
        ]
        kinds += ["run", "read", "threads", "thread", "expired"]
        kinds += self.random.choices(["begin_delete", "delete_thread", "delete_user", None], [4, 3, 1, 12])
        kind = self.random.choice([kind for kind in kinds if kind])
        return getattr(self, f"_{kind}")()

    def _user(self):
        return self.random.choice(USERS)

    def _run_key(self):
        return self.random.choice(self.runs[-6:] or [("ana", "none")])

    def _lease(self):
        unknown = Lease(user="ana", run_id="none", owner="o", attempt=1, until=at(0))
        return self.random.choice(self.leases[-6:] or [unknown])

    def _create(self):
        self.number += 1
        user, run_id = self._user(), f"r{self.number}"
        run = a_run(run_id, self.random.choice(THREADS), user, created=at(self.clock))
        lease = Lease(user=user, run_id=run_id, owner="one", attempt=1, until=at(self.clock + 9))
        self.runs.append((user, run_id))
        self.leases.append(lease)
        return "create_run", (run, lease), {"title": f"Title {run_id}", "busy_limit": 2}

    def _append(self, status=RunStatus.RUNNING, messages=()):
        lease = self._lease()
        after = self.random.choice([None, None, None, None, 1])
        run = a_run(lease.run_id, "t", lease.user)
        change = RunChange(status=status, updated_at=at(self.clock), messages=messages)
        return "append", (lease, after, run, self.random.randint(1, 4), change), {}

    def _end(self):
        said = Message(role="assistant", content=f"at {self.clock}", time=at(self.clock), run_id="r")
        return self._append(self.random.choice([RunStatus.COMPLETED, RunStatus.FAILED]), (said,))

    def _acquire(self):
        now, until = at(self.clock + self.random.choice([0, 20])), at(self.clock + 25)
        return "acquire", (*self._run_key(), "two"), {"now": now, "until": until}

    def _renew(self):
        return "renew", ([self._lease()], at(self.clock + 60)), {}

    def _release(self):
        return "release", (self._lease(),), {}

    def _cancel(self):
        return "request_cancel", self._run_key(), {}

    def _run(self):
        return "run", self._run_key(), {}

    def _read(self):
        return "read", (*self._run_key(), self.random.randint(0, 5), self.random.randint(1, 9)), {}

    def _threads(self):
        before = self.random.choice([None, (at(self.clock - 3), "t2")])
        return "threads", (self._user(), self.random.randint(1, 4), before), {}

    def _thread(self):
        return "thread", (self._user(), self.random.choice(THREADS)), {}

    def _expired(self):
        return "expired", (at(self.clock + 5), 99), {}

    def _begin_delete(self):
        return "begin_delete", (self._user(), self.random.choice(THREADS)), {}

    def _delete_thread(self):
        return "delete_thread", (self._user(), self.random.choice(THREADS)), {}

    def _delete_user(self):
        return "delete_user", (self._user(),), {}


async def said(store, method, args, kwargs):
    try:
        found = await getattr(store, method)(*args, **kwargs)
    except FrameworkError as error:
        return type(error).__name__, str(error)
    return sorted(found) if method in {"expired", "begin_delete", "delete_user"} else found


async def concrete(model, method, args):
    """Give an append the number that the run stands at, most often."""
    if method != "append":
        return args
    lease, after, run, count, change = args
    if after is None:
        stands = await said(model, "run", (lease.user, lease.run_id), {})
        after = getattr(stands, "last_seq", 0)
    events = [an_event(run, seq) for seq in range(after + 1, after + 1 + count)]
    return lease, after, events, change


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_every_store_answers_as_memory_does(open_store, seed):
    steps, model = Steps(seed), MemoryStore()
    handles = [await open_store(), await open_store()]
    for _ in range(STEPS):
        method, given, kwargs = steps.draw()
        args = await concrete(model, method, given)
        expected = await said(model, method, args, kwargs)

        answered = await said(steps.random.choice(handles), method, args, kwargs)

        assert answered == expected, (seed, steps.clock, method, args, kwargs)
        if method == "acquire" and isinstance(expected, Lease):
            steps.leases.append(expected)
    left = datetime.now(UTC) + timedelta(hours=1)
    assert sorted(await handles[0].deleting(left, 99)) == sorted(await model.deleting(left, 99))

"""Items of the Cosmos store, and the way between them and runs.

All of a user's items share the partition `user.<hash of the user>`, so that a step over thread, run, messages
and events is one transactional batch, and a list of threads one query in one partition. Names that clients
choose appear in ids as hashes only. Within the partition:

head                 which of the user's runs are not over: one of a thread, so many of a user
thread.<t>           a thread; `listed` sorts the list and is absent while the thread is being deleted
run.<r>              how a run stands, its owner and lease; `lease_until` is absent once it is over
request.<r>          message and context of a run, where they are too long for the run's own item
said.<t>.<turn>.<n>  lines of the conversation: 0 what the user asked, 1 what the run added
log.<r>.<first>      the events of one append
part.<step>.<n>.<i>  a piece of something larger than an item may be
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from frmk.events import Event
from frmk.runs.cosmos_payload import Doc, packed
from frmk.runs.models import Lease, Message, Run, ThreadSummary, Usage
from frmk.runs.states import RunStatus

SCHEMA = 1
HEAD = "head"
SECRET = "secret"  # noqa: S105  # the name of an item
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_REQUEST_CHARACTERS = 1_000
_ERROR_CHARACTERS = 4_000


def micros(moment: datetime) -> int:
    """Return a moment as whole microseconds, which sort and compare as it does."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(value: int) -> datetime:
    """Return the moment of so many microseconds."""
    return _EPOCH + value * _MICROSECOND


def user_key(user: str) -> str:
    """Return what stands for a user in partition keys."""
    return hashlib.sha256(user.encode()).hexdigest()


def partition_of(user: str) -> str:
    """Return the partition that holds everything of a user."""
    return f"user.{user_key(user)}"


def secret_partition(kind: str, digest: str) -> str:
    """Return the partition of one secret."""
    return f"secret.{hashlib.sha256(json.dumps([kind, digest]).encode()).hexdigest()}"


def key_of(name: str) -> str:
    """Return what stands for a thread or run in ids."""
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def thread_item(thread_id: str) -> str:
    """Return the id of a thread's item."""
    return f"thread.{key_of(thread_id)}"


def run_item(run_id: str) -> str:
    """Return the id of a run's item."""
    return f"run.{key_of(run_id)}"


def request_item(run_id: str) -> str:
    """Return the id of the item that holds a long request."""
    return f"request.{key_of(run_id)}"


def new_head(user: str) -> Doc:
    """Return the head of a user who has no runs."""
    return _item(user, HEAD, "head", user_id=user, active={})


def new_thread(run: Run, title: str) -> Doc:
    """Return the thread that a run begins, before its first turn."""
    return _item(
        run.user,
        thread_item(run.thread_id),
        "thread",
        user_id=run.user,
        thread_id=run.thread_id,
        said=key_of(run.thread_id),
        created_at=micros(run.created_at),
        title=title,
        turns=0,
    )


def touched(thread: Doc, now: datetime) -> Doc:
    """Return the thread as updated now, and where the list of threads shows it."""
    updated = {**thread, "updated_at": micros(now)}
    if "deleting_since" not in thread:
        updated["listed"] = listed(now, thread["thread_id"])
    return updated


def listed(updated_at: datetime, thread_id: str) -> str:
    """Return the text by which threads are listed."""
    return f"{micros(updated_at):020d} {thread_id}"


def summary_of(thread: Doc) -> ThreadSummary:
    """Return the summary of a thread's item."""
    return ThreadSummary(
        thread_id=thread["thread_id"],
        user=thread["user_id"],
        created_at=moment(thread["created_at"]),
        updated_at=moment(thread["updated_at"]),
        title=thread["title"],
    )


def new_run_items(run: Run, lease: Lease, turn: int) -> list[Doc]:
    """Return the run's item, and where its request is long the item that holds it."""
    length = micros(lease.until) - micros(run.created_at)
    item = _item(
        run.user,
        run_item(run.run_id),
        "run",
        user_id=run.user,
        run_id=run.run_id,
        thread_id=run.thread_id,
        thread=key_of(run.thread_id),
        turn=turn,
        goal=run.goal,
        status=run.status.value,
        created_at=micros(run.created_at),
        updated_at=micros(run.updated_at),
        usage=asdict(run.usage),
        error=run.error,
        last_seq=run.last_seq,
        attempt=run.attempt,
        cancel_requested=run.cancel_requested,
        owner=lease.owner,
        lease_until=micros(lease.until),
        lease_length=length,
    )
    request = json.dumps({"message": run.message, "context": run.context})
    if len(request) <= _REQUEST_CHARACTERS:
        return [{**item, "text": request}]
    return [item, _item_of(item, request_item(run.run_id), "request", **packed(request))]


def run_of(item: Doc, request: str) -> Run:
    """Return the run of an item and the text of its request."""
    asked = json.loads(request)
    return Run(
        run_id=item["run_id"],
        thread_id=item["thread_id"],
        user=item["user_id"],
        goal=item["goal"],
        message=asked["message"],
        context=asked["context"],
        status=RunStatus(item["status"]),
        created_at=moment(item["created_at"]),
        updated_at=moment(item["updated_at"]),
        usage=Usage(**item["usage"]),
        error=item["error"],
        last_seq=item["last_seq"],
        attempt=item["attempt"],
        cancel_requested=item["cancel_requested"],
    )


def short_error(error: str | None) -> str | None:
    """Return an error as a run's item holds it: the run's last event has all of it."""
    if error is None or len(error) <= _ERROR_CHARACTERS:
        return error
    return f"{error[: _ERROR_CHARACTERS - 1]}…"


def log_item(run: Doc, events: Sequence[Event]) -> Doc:
    """Return the item that holds the events of one append."""
    journal = run["id"].removeprefix("run.")
    first, upto = events[0].seq, events[-1].seq
    text = packed("\n".join(event.line for event in events))
    return _item_of(run, f"log.{journal}.{first:08d}", "log", journal=journal, upto=upto, **text)


def events_of(text: str) -> list[Event]:
    """Return the events of a log item's text."""
    return [Event.from_line(line) for line in text.split("\n")]


def said_item(run: Doc, place: int, messages: Sequence[Message]) -> Doc:
    """Return the item that holds lines of a conversation."""
    said = run["thread"]
    text = json.dumps([_message_body(message) for message in messages])
    turn = run["turn"]
    item_id = f"said.{said}.{turn:08d}.{place}"
    return _item_of(run, item_id, "said", said=said, turn=turn, place=place, **packed(text))


def messages_of(text: str) -> list[Message]:
    """Return the lines of a conversation item's text."""
    return [Message(**{**body, "time": moment(body["time"])}) for body in json.loads(text)]


def secret_item(kind: str, digest: str, user: str, expires_at: datetime) -> Doc:
    """Return the item of a ticket or session; it has no name but its partition."""
    return {
        "id": SECRET,
        "pk": secret_partition(kind, digest),
        "type": kind,
        "schema": SCHEMA,
        "user_id": user,
        "holder": user_key(user),
        "expires_at": micros(expires_at),
    }


def _message_body(message: Message) -> dict[str, Any]:
    body = {key: value for key, value in asdict(message).items() if value is not None}
    return {**body, "time": micros(message.time)}


def _item(user: str, item_id: str, kind: str, **fields: Any) -> Doc:
    return {"id": item_id, "pk": partition_of(user), "type": kind, "schema": SCHEMA, **fields}


def _item_of(run: Doc, item_id: str, kind: str, **fields: Any) -> Doc:
    own = {"id": item_id, "pk": run["pk"], "type": kind, "schema": SCHEMA, "thread": run["thread"]}
    return {**own, **fields}

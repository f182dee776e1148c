"""Refusing what cannot run, before anything is stored."""

import base64
import binascii
import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

import rfc8785

from frmk.errors import FieldError
from frmk.runs.clock import utc_now
from frmk.runs.ids import check_id, new_id
from frmk.runs.models import Run, RunLimits, StartRun
from frmk.runs.states import RunStatus

_TITLE = 80
_USER = 512


def new_run(request: StartRun, goals: Collection[str], limits: RunLimits) -> Run:
    """Return the run that a request asks for, or raise FieldError for the first value that cannot be."""
    _check_user(request.user)
    thread_id = new_id("thread") if request.thread_id is None else check_id(request.thread_id)
    _check_message(request.message, limits)
    _check_context(request.context, limits)
    now = utc_now()
    return Run(
        run_id=new_id("run"),
        thread_id=thread_id,
        user=request.user,
        goal=_goal(request.goal, goals),
        message=request.message,
        context=request.context,
        status=RunStatus.PENDING,
        created_at=now,
        updated_at=now,
    )


def title_of(message: str) -> str:
    """Return the first words of a message, as a list of threads shows them."""
    line = " ".join(message.split())
    return line if len(line) <= _TITLE else line[: _TITLE - 1].rstrip() + "…"


def depth_of(value: Any, allowed: int) -> int:
    """Return how deep a JSON value nests, counting no further than one above what is allowed."""
    level, depth = [value], 0
    while level and depth <= allowed:
        nested = [item for item in level if isinstance(item, (dict, list))]
        level = [child for item in nested for child in (item.values() if isinstance(item, dict) else item)]
        depth += bool(nested)
    return depth


def cursor_of(updated_at: datetime, thread_id: str) -> str:
    """Return where a list of threads goes on."""
    text = json.dumps([updated_at.isoformat(), thread_id])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> tuple[datetime, str]:
    """Return what `cursor_of` was given, or raise FieldError."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        moment, thread_id = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        return _aware(datetime.fromisoformat(moment)), check_id(thread_id)
    except (binascii.Error, ValueError, TypeError, FieldError) as error:
        raise FieldError(
            "cursor", f"cursor is {cursor[:60]!a}; allowed is the next_cursor of an earlier answer."
        ) from error


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    return moment


def _check_user(user: str) -> None:
    if not user or len(user) > _USER or not _is_text(user):
        raise FieldError("user", f"user is {user[:60]!a}; allowed are 1 to {_USER} characters.")


def _check_message(message: str, limits: RunLimits) -> None:
    allowed = limits.message_characters
    if len(message) > allowed:
        raise FieldError("message", f"message has {len(message)} characters; allowed are 1 to {allowed}.")
    if not message.strip():
        raise FieldError("message", f"message is {message[:20]!a}; it must say something.")
    if not _is_text(message):
        raise FieldError("message", "message holds half of a surrogate pair; allowed is any Unicode text.")


def _check_context(context: dict[str, Any], limits: RunLimits) -> None:
    allowed = limits.context_depth
    if depth_of(context, allowed) > allowed:
        raise FieldError("context", f"context is nested deeper than {allowed}, which is allowed.")
    try:
        size = len(rfc8785.dumps(context))
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise FieldError("context", f"context is no JSON value that can be hashed: {error}.") from error
    if size > limits.context_bytes:
        raise FieldError("context", f"context has {size} bytes; allowed are {limits.context_bytes}.")


def _goal(goal: str | None, goals: Collection[str]) -> str:
    if goal is None:
        return next(iter(goals))
    if goal not in goals:
        raise FieldError("goal", f"goal is {goal[:60]!a}; known are {', '.join(sorted(goals))}.")
    return goal


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True

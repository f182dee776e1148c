"""Names of runs and threads: made here, or chosen by clients within bounds."""

import re
import uuid
from urllib.parse import quote

from frmk.errors import FieldError

_LEGAL = re.compile(r"[A-Za-z0-9._~:-]{1,128}")
_SHOWN = 60


def check_id(value: str, field: str = "thread_id") -> str:
    """Return an id that a client chose, or raise FieldError naming the field."""
    if is_id(value):
        return value
    seen = ascii(value) if len(value) <= _SHOWN else f"{value[:_SHOWN]!a}… ({len(value)} characters)"
    raise FieldError(
        field,
        f"{field} is {seen}; allowed are 1 to 128 of the characters A-Z a-z 0-9 . _ ~ : - but not . or ..",
    )


def new_id(kind: str) -> str:
    """Return a fresh id that says what it names, as in `run-5f0c…`."""
    return f"{kind}-{uuid.uuid4().hex}"


def is_id(value: str) -> bool:
    """Say whether a thread or run may have this id at all."""
    return _LEGAL.fullmatch(value) is not None and value not in {".", ".."}


def thread_key(user: str, thread_id: str) -> str:
    """Return the checkpointer's key of a user's thread: escaped, so that no two users ever meet."""
    return f"{quote(user, safe='')}:{quote(thread_id, safe='')}"

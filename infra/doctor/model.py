"""The parts of an examination: what is asked, what was heard, what is concluded. Pure."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from infra.doctor.subject import Subject

Status = Literal["ok", "warn", "fail", "skipped"]
_SHOWN = 240


class UnreadableError(Exception):
    """Say that a command answered with something else than it is known to."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """Name one command to run; `network` ones are not run offline."""

    argv: tuple[str, ...]
    network: bool = True
    timeout: float = 45.0
    """Seconds."""

    @property
    def shown(self) -> str:
        """Return the command as a person would name it."""
        return " ".join(self.argv)


@dataclass(frozen=True, kw_only=True)
class Heard:
    """Hold what a command answered; `code` is None when it never ran or was stopped, `trouble` says why."""

    code: int | None
    out: str = ""
    err: str = ""
    trouble: Literal["missing", "timeout", "offline"] | None = None
    at: datetime | None = None
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Say whether the command ended well."""
        return self.code == 0

    @property
    def words(self) -> str:
        """Return the telling line of what went wrong, bounded."""
        lines = [line.strip() for line in (self.err or self.out).splitlines() if line.strip()]
        errors = [line for line in lines if line.lower().startswith("error")] or lines
        return errors[0][:_SHOWN] if errors else f"exit code {self.code} without a word"

    def json(self) -> Any:
        """Return the answer as data; raise UnreadableError."""
        try:
            return json.loads(self.out)
        except ValueError:
            raise UnreadableError(f"no JSON but {self.out.strip()[:80]!r}") from None


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Conclude: what was seen and, where it is not ok, the next step."""

    status: Status
    seen: str
    fix: str = ""
    link: str = ""


def ok(seen: str) -> Verdict:
    """Conclude that nothing stands in the way."""
    return Verdict(status="ok", seen=seen)


def warn(seen: str, fix: str) -> Verdict:
    """Conclude that something may stand in the way, or will later."""
    return Verdict(status="warn", seen=seen, fix=fix)


def fail(seen: str, fix: str) -> Verdict:
    """Conclude that the deployment would stop here."""
    return Verdict(status="fail", seen=seen, fix=fix)


def skipped(reason: str) -> Verdict:
    """Conclude nothing, and say why."""
    return Verdict(status="skipped", seen=reason)


Asked = Mapping[str, Command]
Answers = Mapping[str, Heard]


@dataclass(frozen=True, kw_only=True)
class Check:
    """Name a check; `ask` returns its commands or why it cannot ask, `judge` is pure."""

    name: str
    title: str
    link: str
    ask: Callable[[Subject], Asked | Verdict]
    judge: Callable[[Subject, Answers], Verdict]
    account: bool = False
    """Whether it can only be asked once `az` is signed in."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Hold one check's verdict as it is reported."""

    name: str
    title: str
    status: Status
    seen: str
    fix: str
    link: str
    seconds: float

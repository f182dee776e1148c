"""What principals did by virtue of their roles: counted, the latest kept."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

_MOST = 1_000
NoteUse = Callable[[str, str, str], None]
"""Take a principal's id, the action that a role granted, and the id of what it was done to."""


@dataclass(frozen=True, kw_only=True)
class Use:
    """Say how often a principal did something to one resource, and when last (RFC 3339)."""

    principal: str
    action: str
    scope: str
    count: int
    last: str


@dataclass
class Uses:
    """Count uses by principal, action and scope; the longest unused go first."""

    _kept: dict[tuple[str, str, str], Use] = field(default_factory=dict)

    def note(self, principal: str, action: str, scope: str) -> None:
        """Count one use."""
        key = (principal.lower(), action.lower(), scope.lower())
        before = self._kept.pop(key, None)
        self._kept[key] = Use(
            principal=principal,
            action=action,
            scope=scope,
            count=1 + (before.count if before else 0),
            last=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        while len(self._kept) > _MOST:
            del self._kept[next(iter(self._kept))]

    def all(self) -> list[Use]:
        """Return the uses, the latest last."""
        return list(self._kept.values())


def nowhere(principal: str, action: str, scope: str) -> None:
    """Count nothing."""

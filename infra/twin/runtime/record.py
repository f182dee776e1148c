"""What the twin remembers of an app's revisions between its own starts."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from infra.twin.runtime.spec import fingerprint

_SUFFIX_LENGTH = 7
_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
_KEPT = 100


@dataclass(kw_only=True)
class RevisionRecord:
    """Remember one revision: the template it was made from and how it ended up."""

    name: str
    template: dict[str, Any]
    created: str
    provisioned: bool = False
    active: bool = False
    reason: str = ""
    stopped: bool = False
    """Somebody deactivated it: it stays so until it is activated, whatever else changes."""


@dataclass(kw_only=True)
class AppRecord:
    """Remember the revisions of one app, oldest first."""

    path: Path
    revisions: list[RevisionRecord] = field(default_factory=list)
    made: int = 0

    @classmethod
    def open(cls, folder: Path, app: str) -> "AppRecord":
        """Return what is remembered of an app; nothing when the file is absent or damaged."""
        record = cls(path=folder / f"{app}.json")
        try:
            data = json.loads(record.path.read_text(encoding="utf-8"))
            record.revisions = [RevisionRecord(**item) for item in data["revisions"]]
            record.made = int(data["made"])
        except (OSError, ValueError, KeyError, TypeError):
            return cls(path=record.path)
        return record

    @property
    def latest(self) -> RevisionRecord | None:
        """Return the revision made last."""
        return self.revisions[-1] if self.revisions else None

    @property
    def latest_ready(self) -> RevisionRecord | None:
        """Return the last revision that came up."""
        return next((item for item in reversed(self.revisions) if item.provisioned), None)

    def named(self, name: str) -> RevisionRecord | None:
        """Return a revision by name."""
        return next((item for item in self.revisions if item.name == name), None)

    def name_for(self, app: str, template: dict[str, Any]) -> str:
        """Return the name of the revision that a template is: the latest one's when nothing changed."""
        latest = self.latest
        if latest is not None and fingerprint(latest.template) == fingerprint(template):
            return latest.name
        suffix = template.get("revisionSuffix") or _made_up(app, fingerprint(template), self.made)
        return f"{app}--{suffix}"

    def add(self, name: str, template: dict[str, Any]) -> RevisionRecord:
        """Remember a new revision, forgetting the oldest inactive one past a hundred."""
        item = RevisionRecord(name=name, template=template, created=datetime.now(UTC).isoformat())
        self.revisions.append(item)
        self.made += 1
        inactive = [found for found in self.revisions[:-1] if not found.active]
        for found in inactive[: max(0, len(inactive) - _KEPT)]:
            self.revisions.remove(found)
        return item

    def save(self) -> None:
        """Write the record, whole or not at all."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        scratch = self.path.with_suffix(".new")
        data = {"made": self.made, "revisions": [asdict(item) for item in self.revisions]}
        scratch.touch(mode=0o600)
        scratch.write_text(json.dumps(data, indent=1), encoding="utf-8")
        scratch.replace(self.path)

    def forget(self) -> None:
        """Remove the record."""
        self.path.unlink(missing_ok=True)


def _made_up(app: str, template: str, made: int) -> str:
    """Return a suffix as Azure makes one: seven letters and digits, here a function of the content."""
    number = int.from_bytes(hashlib.sha256(f"{app} {template} {made}".encode()).digest()[:8])
    digits = []
    for _ in range(_SUFFIX_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(digits)

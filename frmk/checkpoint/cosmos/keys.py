"""Where documents stand: partition, sort key and id.

One thread is one logical partition. Inside it the sort key `s` decides, read downwards:

    <lane>.<checkpoint> <task> <slot>    a task's writes, just above ...
    <lane>.<checkpoint>                  ... the checkpoint they belong to
    p<lane>.<checkpoint> <owner> <n>     chunks of large payloads, out of the way of readers

`lane` is a digest of thread and namespace, so that a range of sort keys is one place in the index. A space
sorts below every character that a checkpoint id keeps, so nothing comes between a checkpoint and its writes.
Ids are digests, since thread, checkpoint and task ids may hold what a document's id may not.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

_HASHED = "sha256:"
_PARTITION_BYTES = 1024
_BELOW_PRINTABLE = re.compile(r"[\x00-\x20%]")
_DOCUMENT_DIGITS = 32
_LANE_DIGITS = 20


class Span(NamedTuple):
    """Hold a range of sort keys: low included, high excluded."""

    low: str
    high: str


def digest(*parts: str, digits: int = _DOCUMENT_DIGITS) -> str:
    """Return a hexadecimal digest of the parts, which no other parts share."""
    framed = b"".join(
        b"%d:%b" % (len(part), part) for part in (text.encode("utf-8", "surrogatepass") for text in parts)
    )
    return hashlib.sha256(framed).hexdigest()[:digits]


def partition_of(thread_id: object) -> str:
    """Return the partition key of a thread: its id, or a digest of one that is too long for a key."""
    text = str(thread_id)
    if text.startswith(_HASHED) or len(text.encode("utf-8", "surrogatepass")) > _PARTITION_BYTES:
        return _HASHED + digest(text, digits=64)
    return text


@dataclass(frozen=True, slots=True)
class Lane:
    """Name one namespace of one thread."""

    thread_id: str
    ns: str

    @classmethod
    def of(cls, configurable: Mapping[str, Any]) -> "Lane":
        """Return the lane that a config addresses."""
        return cls(str(configurable["thread_id"]), configurable.get("checkpoint_ns") or "")

    @property
    def partition(self) -> str:
        """Return the partition key."""
        return partition_of(self.thread_id)

    @property
    def prefix(self) -> str:
        """Return what every sort key of the namespace begins with."""
        return digest(self.partition, self.ns, digits=_LANE_DIGITS)

    def span(self) -> Span:
        """Return the range of the namespace's checkpoints and writes."""
        return Span(f"{self.prefix}.", f"{self.prefix}/")

    def before(self, checkpoint_id: str) -> Span:
        """Return the range of what came before that checkpoint."""
        return Span(f"{self.prefix}.", self.checkpoint(checkpoint_id))

    def checkpoint(self, checkpoint_id: str) -> str:
        """Return the sort key of a checkpoint."""
        return f"{self.prefix}.{_sortable(checkpoint_id)}"

    def writes(self, checkpoint_id: str, task_id: str, slot: str) -> str:
        """Return the sort key of a task's writes."""
        return f"{self.checkpoint(checkpoint_id)} {digest(task_id, digits=16)} {slot}"

    def group(self, checkpoint_id: str) -> Span:
        """Return the range of one checkpoint and its writes."""
        return group_of(self.checkpoint(checkpoint_id))

    def slot(self, parent_id: str | None) -> str:
        """Return the id of the only child of a checkpoint: whoever comes second finds it taken."""
        return digest("child", self.ns, "" if parent_id is None else f"={parent_id}")

    def fork(self, checkpoint_id: str) -> str:
        """Return the id of a checkpoint that branches off where a child stands already."""
        return digest("fork", self.ns, checkpoint_id)


def group_of(key: str) -> Span:
    """Return the range of a checkpoint's sort key and everything that hangs on it."""
    return Span(key, f"{key}!")


def chunks_of(key: str) -> Span:
    """Return the range of the chunks of a checkpoint and of its writes."""
    return Span(f"p{key} ", f"p{key}!")


def chunk_key(owner: str, part: str, upload: str, number: int) -> str:
    """Return the sort key of one chunk of a document's field."""
    group, _, rest = owner.partition(" ")
    return f"p{group} {rest.replace(' ', '-')}-{part}-{upload} {number:05}"


def chunk_span(owner: str, part: str, upload: str) -> Span:
    """Return the range of the chunks of one upload."""
    stem = chunk_key(owner, part, upload, 0)[:-5]
    return Span(stem, f"{stem}:")


def _sortable(checkpoint_id: str) -> str:
    return _BELOW_PRINTABLE.sub(lambda found: f"%{ord(found[0]):02x}", checkpoint_id)

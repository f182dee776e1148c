"""Seeded operations on the items of one container: what is done, not how it answers."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.infra.twin.database.differential.queries import Queries

PARTITIONS = ("alpha", "beta gamma", 'ge"neral', "\u00fcber/#?\\", "0")
PLAIN_IDS = tuple(f"item-{number}" for number in range(8))
ODD_IDS = (
    "with space",
    "per%cent",
    "plus+and&",
    "q'uo\"te",
    "\u00e9t\u00e9 \u4f60\u597d \U0001f600",
    "a:b;c=d,e@f",
    "x" * 1023,
)
BAD_IDS = ("sl/ash", "back\\slash", "que?stion", "ha#sh", "y" * 1024)
WORDS = ("ash", "Birch", "cedar", "Ash tree", "b_rch", "100%", "")
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Operation:
    """One call of the SDK; `etag` is None, or which of the item's ETags it sends."""

    kind: str
    partition: str | None
    item: str = ""
    body: Any = None
    etag: str | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        shown = f"{self.kind} pk={self.partition!r} id={self.item[:200]!r} etag={self.etag}"
        return f"{shown} {repr(self.body)[:300]} {self.options}"

    @property
    def size(self) -> int:
        """Return how many operations this is: those of a batch count one by one."""
        return len(self.body) if self.kind == "batch" else 1


class Generator:
    """Make up operations; the same seed makes the same ones."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)
        self._queries = Queries(self._random, PARTITIONS)
        self._written = 0

    def operations(self, count: int) -> Iterator[Operation]:
        """Yield at least so many operations; each kind by its weight."""
        kinds = {
            self._create: 12,
            self._upsert: 20,
            self._replace: 9,
            self._read: 14,
            self._delete: 6,
            self._patch: 6,
            self._batch: 10,
            self._query: 22,
            self._rare: 1,
        }
        while count > 0:
            [make] = self._random.choices(list(kinds), list(kinds.values()))
            operation = make()
            count -= operation.size
            yield operation

    def _partition(self) -> str:
        return self._random.choice(PARTITIONS)

    def _item(self) -> str:
        pool = self._random.choices((PLAIN_IDS, ODD_IDS), (8, 2))[0]
        return self._random.choice(pool)

    def _etag(self) -> str | None:
        return self._random.choices((None, "current", "stale", "*"), (6, 3, 1, 1))[0]

    def document(self, partition: str, item: str) -> dict[str, Any]:
        """Return an item's body with fields of every type, some of them missing."""
        self._written += 1
        pick = self._random
        body: dict[str, Any] = {
            "id": item,
            "pk": partition,
            "seq": self._written,
            "kind": pick.choice(("run", "event")),
        }
        optional: dict[str, Any] = {
            "n": pick.randint(-5, 20),
            "f": pick.choice((0.5, 1.25, -3.75)),
            "wide": pick.choice((1e21, -1e-7, 2**53, 1234567890123456789)),
            "word": pick.choice(WORDS),
            "flag": pick.random() < 0.5,
            "nothing": None,
            "mixed": pick.choice((None, True, 7, "seven", [7], {"seven": 7})),
            "tags": pick.sample(["red", "green", "blue", 1, None], pick.randint(0, 4)),
            "deep": {"a b": {"x": [pick.randint(0, 3), {"y": pick.choice(WORDS)}]}},
            "rows": [{"k": pick.choice("pqr"), "v": pick.randint(0, 9)} for _ in range(pick.randint(0, 3))],
            "text": '\u00fc\n\t"\\' + "z" * pick.randint(0, 40),
        }
        return body | {name: value for name, value in optional.items() if pick.random() < 0.7}

    def _create(self) -> Operation:
        partition, item = self._partition(), self._item()
        return Operation("create", partition, item, self.document(partition, item))

    def _upsert(self) -> Operation:
        partition, item = self._partition(), self._item()
        return Operation("upsert", partition, item, self.document(partition, item), self._etag())

    def _replace(self) -> Operation:
        partition, item = self._partition(), self._item()
        return Operation("replace", partition, item, self.document(partition, item), self._etag())

    def _read(self) -> Operation:
        etag = self._random.choices((None, "not-current", "not-stale"), (8, 1, 1))[0]
        return Operation("read", self._partition(), self._item(), etag=etag)

    def _delete(self) -> Operation:
        return Operation("delete", self._partition(), self._item(), etag=self._etag())

    def _patch(self) -> Operation:
        pick = self._random
        changes = [
            {"op": "set", "path": "/word", "value": pick.choice(WORDS)},
            {"op": "add", "path": "/added", "value": {"at": self._written}},
            {"op": "set", "path": "/deep", "value": {"a b": 1}},
            {"op": "incr", "path": "/seq", "value": 1_000_000},
        ]
        return Operation(
            "patch", self._partition(), self._item(), pick.sample(changes, pick.randint(1, 3)), self._etag()
        )

    def _batch(self) -> Operation:
        partition = self._partition()
        size = self._random.choices((1, 4, 10), (2, 4, 2))[0]
        return Operation("batch", partition, body=[self._step(partition) for _ in range(size)])

    def _step(self, partition: str) -> tuple[Any, ...]:
        item, kind = (
            self._item(),
            self._random.choices(
                ("create", "upsert", "replace", "read", "delete", "patch"), (3, 8, 2, 2, 1, 1)
            )[0],
        )
        body = self.document(partition, item)
        arguments: dict[str, tuple[Any, ...]] = {
            "create": (body,),
            "upsert": (body,),
            "replace": (item, body),
            "read": (item,),
            "delete": (item,),
            "patch": (item, [{"op": "set", "path": "/word", "value": "patched"}]),
        }
        return (kind, arguments[kind], {})

    def _query(self) -> Operation:
        partition, text, parameters, options = self._queries.draw()
        return Operation("query", partition, item=text, body=parameters, options=options)

    def _rare(self) -> Operation:
        return self._random.choice(
            (
                self._bad_id,
                self._other_partition,
                self._large,
                self._large_batch,
                self._clear,
                self._whole,
                self._no_id,
            )
        )()

    def _bad_id(self) -> Operation:
        partition, item = self._partition(), self._random.choice(BAD_IDS)
        return Operation(
            self._random.choice(("create", "upsert")), partition, item, self.document(partition, item)
        )

    def _other_partition(self) -> Operation:
        partition, item = self._partition(), self._item()
        return Operation("create", partition, item, self.document(partition, item) | {"id": 7})

    def _no_id(self) -> Operation:
        partition = self._partition()
        return Operation("upsert", partition, "", self.document(partition, ""))

    def _large(self) -> Operation:
        partition, item = self._partition(), self._item()
        size = self._random.choice((MEGABYTE, 2 * MEGABYTE + 1))
        return Operation("upsert", partition, item, self.document(partition, item) | {"text": "L" * size})

    def _large_batch(self) -> Operation:
        partition, size = self._partition(), self._random.choice((100, 101))
        return Operation("batch", partition, body=[self._step(partition) for _ in range(size)])

    def _clear(self) -> Operation:
        return Operation("clear", self._partition())

    def _whole(self) -> Operation:
        return Operation("all", None)

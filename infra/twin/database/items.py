"""What can be done with one item, inside the transaction that the caller opened."""

import json
import math
from dataclasses import dataclass
from typing import Any

from infra.twin.database import names
from infra.twin.database.charges import indexed_values, read_charge, write_charge
from infra.twin.database.content import MAX_ITEM, compact, encoded
from infra.twin.database.engine import holds
from infra.twin.database.partition import KeyDefinition, PartitionKey
from infra.twin.database.patch import patched
from infra.twin.database.problems import (
    CosmosProblem,
    conflict,
    invalid,
    not_found,
    precondition_failed,
    too_large,
)
from infra.twin.database.rows import Container, Draft, Stored
from infra.twin.database.store import DocumentStore

_MOST_SECONDS = 2_147_483_647
_SYSTEM = ("_rid", "_self", "_etag", "_attachments", "_ts")


@dataclass(frozen=True, kw_only=True)
class Condition:
    """Hold the ETag conditions of a request."""

    match: str | None = None
    none_match: str | None = None

    def check_write(self, found: Stored | None) -> None:
        """Raise CosmosProblem 412 when a write must not go on."""
        if found is not None and self.match not in {None, "*", found.etag}:
            raise precondition_failed()
        if found is not None and self.none_match in {"*", found.etag}:
            raise precondition_failed()


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Hold the answer to one operation; the charge is modelled (RU)."""

    status: int
    charge: float
    etag: str | None = None
    text: str | None = None


@dataclass(frozen=True, kw_only=True)
class Items:
    """Read and write the items of one partition key of a container."""

    store: DocumentStore
    container: Container
    key: PartitionKey
    now: float

    def create(self, document: dict[str, Any], _condition: Condition) -> Outcome:
        """Add an item; no condition is needed for what must not exist."""
        item = self._checked(document)
        found = self._find(item)
        if found is not None:
            raise conflict()
        return self._insert(document)

    def upsert(self, document: dict[str, Any], condition: Condition) -> Outcome:
        """Add an item, or put it in the place of the one with its id."""
        found = self._find(self._checked(document))
        if found is None:
            return self._insert(document)
        condition.check_write(found)
        return self._update(found, document)

    def replace(self, item: str, document: dict[str, Any], condition: Condition) -> Outcome:
        """Put an item in the place of the one with this id."""
        if self._checked(document) != item:
            raise invalid(f"The id {document['id']!r} of the document is not {item!r}, the id in the path.")
        found = self._existing(item)
        condition.check_write(found)
        return self._update(found, document)

    def patch(self, item: str, change: dict[str, Any], condition: Condition) -> Outcome:
        """Change parts of an item, if it fulfils the change's own condition."""
        found = self._existing(item)
        condition.check_write(found)
        document = json.loads(found.text)
        if change.get("condition") is not None and not holds(str(change["condition"]), document):
            raise precondition_failed()
        fixed = tuple("/" + "/".join(path) for path in self._definition.paths)
        return self._update(found, patched(document, change.get("operations"), fixed))

    def read(self, item: str, condition: Condition) -> Outcome:
        """Return an item, or that the caller has it already."""
        found = self._existing(item)
        if condition.none_match in {"*", found.etag}:
            return Outcome(status=304, charge=1.0, etag=found.etag)
        return Outcome(status=200, charge=read_charge(len(found.text)), etag=found.etag, text=found.text)

    def delete(self, item: str, condition: Condition) -> Outcome:
        """Remove an item."""
        found = self._existing(item)
        condition.check_write(found)
        self.store.remove(found.sequence)
        return Outcome(status=204, charge=self._write_charge(json.loads(found.text), found.text))

    @property
    def _definition(self) -> KeyDefinition:
        return KeyDefinition.of(self.container.properties)

    def _find(self, item: str) -> Stored | None:
        return self.store.read(self.container, self.key.canonical, item, self.now)

    def _existing(self, item: str) -> Stored:
        found = self._find(item)
        if found is None:
            raise not_found()
        return found

    def _checked(self, document: dict[str, Any]) -> str:
        item = names.check_item_id(document.get("id"))
        self._definition.check(document, self.key)
        _ttl(document)
        return item

    def _insert(self, document: dict[str, Any]) -> Outcome:
        sequence = self.store.next_sequence()
        draft = self._draft(document, sequence)
        written = self.store.insert(self.container, draft)
        if written != sequence:
            raise CosmosProblem(500, f"the item got sequence number {written} instead of {sequence}")
        return self._written(201, document, draft)

    def _update(self, found: Stored, document: dict[str, Any]) -> Outcome:
        self._checked(document)
        draft = self._draft(document, found.sequence)
        self.store.update(found.sequence, draft)
        return self._written(200, document, draft)

    def _written(self, status: int, document: dict[str, Any], draft: Draft) -> Outcome:
        charge = self._write_charge(document, draft.text)
        return Outcome(status=status, charge=charge, etag=draft.etag, text=draft.text)

    def _write_charge(self, document: dict[str, Any], text: str) -> float:
        own = {name: value for name, value in document.items() if name not in _SYSTEM}
        return write_charge(len(text), indexed_values(own, self.container.properties.get("indexingPolicy")))

    def _draft(self, document: dict[str, Any], sequence: int) -> Draft:
        ts = math.floor(self.now)
        etag = names.fresh_etag(sequence)
        rid = names.item_rid(self.container.rid, sequence)
        own = {name: value for name, value in document.items() if name not in _SYSTEM}
        if len(encoded(compact(own))) > MAX_ITEM:
            raise too_large()
        whole = own | {
            "_rid": rid,
            "_self": f"dbs/{self.container.database.rid}/colls/{self.container.rid}/docs/{rid}/",
            "_etag": etag,
            "_attachments": "attachments/",
            "_ts": ts,
        }
        text = encoded(compact(whole)).decode()
        return Draft(
            id=document["id"], pk=self.key.canonical, etag=etag, ts=ts, ttl=_ttl(document), text=text
        )


def _ttl(document: dict[str, Any]) -> int | None:
    if "ttl" not in document:
        return None
    given = document["ttl"]
    whole = isinstance(given, int) and not isinstance(given, bool)
    if not whole or not (given == -1 or 0 < given <= _MOST_SECONDS):
        shown = compact(given)[:40]
        raise invalid(
            f"The input ttl '{shown}' is invalid. Ensure to provide a nonzero positive integer less than or "
            f"equal to '{_MOST_SECONDS}', or '-1' which means never expire."
        )
    return int(given)

"""What a message says about the values that a goal remembers."""

import re
from dataclasses import dataclass
from typing import Any

from frmk.agents.numbers import whole_number
from frmk.goal.models import Goal, Slot
from frmk.tools.tables import Table, folded, read_table

Slots = dict[str, str | int]
_READ = 1_000


@dataclass(frozen=True)
class _Reader:
    name: str
    slot: Slot
    table: Table | None
    patterns: tuple[re.Pattern[str], ...]
    words: tuple[tuple[re.Pattern[str], str | int], ...]

    def read(self, message: str, reserved: frozenset[str]) -> str | int | None:
        plain = folded(message)
        value = self._by_words(plain)
        if value is not None:
            return value
        for pattern in self.patterns:
            for found in pattern.finditer(message):
                value = self._typed(found.group(1))
                if value is not None and not (isinstance(value, str) and folded(value) in reserved):
                    return value
        return None

    def _by_words(self, plain: str) -> str | int | None:
        """Return the value that is named first; of two that begin there, the longer one."""
        found = [
            (hit.start(), value)
            for pattern, value in self.words
            if (hit := next((h for h in pattern.finditer(plain) if self._fits(plain[: h.start()])), None))
        ]
        return min(found, key=lambda item: item[0])[1] if found else None

    def _fits(self, before: str) -> bool:
        last = before.split()[-1:]
        if self.slot.only_after:
            return bool(last) and last[0] in self.slot.only_after
        return not last or last[0] not in self.slot.unless_after

    def _typed(self, text: str) -> str | int | None:
        return whole_number(text) if self.slot.type == "integer" else text.strip()


def _reader(goal: Goal, name: str, slot: Slot) -> _Reader:
    table = read_table(goal.folder / slot.table) if slot.table else None
    values: dict[str, str | int] = {folded(word): value for word, value in slot.values.items()}
    if table is not None:
        values |= table.names
    longest_first = sorted(values.items(), key=lambda item: -len(item[0]))
    words = tuple((_word(word), value) for word, value in longest_first)
    patterns = tuple(re.compile(pattern) for pattern in slot.patterns)
    return _Reader(name, slot, table, patterns, words)


def _word(text: str) -> re.Pattern[str]:
    begin = r"(?<!\w)" if text[:1].isalnum() else ""
    return re.compile(rf"{begin}{re.escape(text)}(?!\w)")


class SlotReader:
    """Read the slots of one goal; built once, its tables and patterns with it."""

    def __init__(self, goal: Goal) -> None:
        self._slots = goal.slots
        self._readers = [_reader(goal, name, slot) for name, slot in goal.slots.items()]
        self._reserved = frozenset(
            folded(str(word)) for slot in goal.slots.values() for item in slot.values.items() for word in item
        )

    def read(self, message: str) -> Slots:
        """Return the values that the message holds."""
        # What is asked for stands at the beginning or the end; a goal's patterns need not be fast.
        if len(message) > 2 * _READ:
            message = f"{message[:_READ]} {message[-_READ:]}"
        found = {reader.name: reader.read(message, self._reserved) for reader in self._readers}
        return {name: value for name, value in found.items() if value is not None}

    def complete(self, slots: Slots) -> Slots:
        """Return the slots with the goal's defaults where nothing was said."""
        defaults = {name: slot.default for name, slot in self._slots.items() if slot.default is not None}
        return {**defaults, **slots}

    def accept(self, values: dict[str, Any]) -> Slots:
        """Return what of a model's values can be; names as the tables write them."""
        return {
            reader.name: value
            for reader in self._readers
            if (value := self._accepted(reader, values.get(reader.name))) is not None
        }

    def _accepted(self, reader: _Reader, value: Any) -> str | int | None:
        if value is None or isinstance(value, (bool, dict, list)):
            return None
        text = str(value)[:100]
        if reader.table is not None:
            return reader.table.names.get(folded(text))
        if reader.slot.values:
            return reader.read(text, frozenset())
        return whole_number(text) if reader.slot.type == "integer" else text

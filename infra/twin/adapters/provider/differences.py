"""What differs between the inputs of two deployments of a resource, path by path. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["ADD", "DELETE", "UPDATE"]


@dataclass(frozen=True)
class Difference:
    """Name one path in the engine's notation, such as `template.containers[0].image`."""

    path: str
    kind: Kind

    def lies_in(self, other: str) -> bool:
        """Say whether the path is another one or something inside it."""
        return self.path == other or self.path.startswith((f"{other}.", f"{other}["))


def differences(old: Any, new: Any, path: str = "") -> Iterator[Difference]:
    """Yield where two values differ; objects and lists are entered, other values compared."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            yield from _member(old, new, key, path)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _items(old, new, path)
    elif old != new:
        yield Difference(path, "UPDATE")


def _member(old: dict[str, Any], new: dict[str, Any], key: str, path: str) -> Iterator[Difference]:
    where = _joined(path, key)
    before, after = old.get(key), new.get(key)
    if before is None and after is not None:
        yield Difference(where, "ADD")
    elif after is None and before is not None:
        yield Difference(where, "DELETE")
    else:
        yield from differences(before, after, where)


def _items(old: list[Any], new: list[Any], path: str) -> Iterator[Difference]:
    for index in range(max(len(old), len(new))):
        where = f"{path}[{index}]"
        if index >= len(old):
            yield Difference(where, "ADD")
        elif index >= len(new):
            yield Difference(where, "DELETE")
        else:
            yield from differences(old[index], new[index], where)


def _joined(path: str, key: str) -> str:
    plain = key.replace("_", "a").isalnum()
    step = key if plain else f'["{key}"]'
    return step if not path else f"{path}.{step}" if plain else f"{path}{step}"


def overlay(old: Any, live: Any) -> Any:
    """Return old inputs with what is live now in their place: what an input never said stays unsaid."""
    if isinstance(old, dict) and isinstance(live, dict):
        return {key: overlay(value, live[key]) if key in live else value for key, value in old.items()}
    if isinstance(old, list) and isinstance(live, list) and len(old) == len(live):
        return [overlay(before, now) for before, now in zip(old, live, strict=True)]
    return live

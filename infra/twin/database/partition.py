"""Partition keys: read off documents and headers, compared by one canonical text."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.twin.database.problems import PARTITION_KEY_MISMATCH, invalid

UNDEFINED: dict[str, Any] = {}
MAX_KEY_BYTES = 2048
_MOST_PATHS = 3


@dataclass(frozen=True)
class PartitionKey:
    """Hold the value of a partition key, one component for each path of the container."""

    components: tuple[Any, ...]

    @property
    def canonical(self) -> str:
        """Return the text by which two keys are equal: 1 and 1.0 are, 1 and true are not."""
        return json.dumps([_plain(component) for component in self.components], separators=(",", ":"))


@dataclass(frozen=True)
class KeyDefinition:
    """Describe how a container finds the key of a document."""

    paths: tuple[tuple[str, ...], ...]
    kind: str

    @classmethod
    def of(cls, properties: Mapping[str, Any]) -> "KeyDefinition":
        """Return the definition of a container's properties; raise CosmosProblem 400 for none."""
        given = properties.get("partitionKey")
        paths = given.get("paths") if isinstance(given, dict) else None
        if not isinstance(paths, list) or not 1 <= len(paths) <= _MOST_PATHS:
            raise invalid("The partition key definition must have one to three paths.")
        kind = str(given.get("kind") or "Hash") if isinstance(given, dict) else "Hash"
        if kind not in {"Hash", "MultiHash"} or (kind == "Hash" and len(paths) != 1):
            raise invalid(f"The partition key kind {kind!r} does not fit {len(paths)} paths.")
        return cls(tuple(_segments(path) for path in paths), kind)

    def of_document(self, document: Mapping[str, Any]) -> PartitionKey:
        """Return the key of a document; what it does not have is undefined."""
        return PartitionKey(tuple(_value(document, path) for path in self.paths))

    def of_header(self, text: str) -> PartitionKey:
        """Return the key that a request names; raise CosmosProblem 400 when it is none for these paths."""
        try:
            given = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise invalid(f"The partition key header {text[:100]!r} is no JSON array.") from error
        if not isinstance(given, list) or len(given) > len(self.paths):
            raise invalid(f"Partition key {text[:100]} does not fit the container's {len(self.paths)} paths.")
        if len(text.encode("utf-8", "surrogatepass")) > MAX_KEY_BYTES * 6:
            raise _too_long()
        key = PartitionKey(tuple(_component(item) for item in given) or (UNDEFINED,))
        check_length(key)
        return key

    def is_whole(self, key: PartitionKey) -> bool:
        """Say whether a key has a component for every path."""
        return len(key.components) == len(self.paths)

    def check(self, document: Mapping[str, Any], named: PartitionKey) -> None:
        """Raise CosmosProblem when a document belongs to another partition than the request names."""
        own = self.of_document(document)
        check_length(own)
        if own.canonical != named.canonical:
            raise invalid(
                "PartitionKey extracted from document doesn't match the one specified in the header. "
                "Learn more: https://aka.ms/CosmosDB/sql/errors/wrong-pk-value",
                sub_status=PARTITION_KEY_MISMATCH,
            )


def check_length(key: PartitionKey) -> None:
    """Raise CosmosProblem 400 for a key over 2,048 bytes."""
    if any(
        isinstance(one, str) and len(one.encode("utf-8", "surrogatepass")) > MAX_KEY_BYTES
        for one in key.components
    ):
        raise _too_long()


def _too_long() -> Exception:
    return invalid(f"The partition key supplied exceeds the limit of {MAX_KEY_BYTES} bytes.")


def _component(value: Any) -> Any:
    if isinstance(value, dict):
        return UNDEFINED
    if isinstance(value, list):
        raise invalid("A component of a partition key must be a string, a number, a boolean or null.")
    return value


def _plain(component: Any) -> Any:
    if isinstance(component, float) and component.is_integer():
        return int(component)
    return component


def _value(document: Mapping[str, Any], path: Sequence[str]) -> Any:
    value: Any = document
    for name in path:
        if not isinstance(value, Mapping) or name not in value:
            return UNDEFINED
        value = value[name]
    return UNDEFINED if isinstance(value, (dict, list)) else value


def _segments(path: Any) -> tuple[str, ...]:
    """Return the names of a path such as `/a/"b c"/d`; raise CosmosProblem 400 for another form."""
    if not isinstance(path, str) or not path.startswith("/") or len(path) < 2:  # noqa: PLR2004 - a slash, a name
        raise invalid(f"The partition key path {path!r} is invalid; it must begin with '/'.")
    names = tuple(name.strip("\"'") for name in path[1:].split("/"))
    if not all(names) or "*" in path:
        raise invalid(f"The partition key path {path!r} is invalid.")
    return names

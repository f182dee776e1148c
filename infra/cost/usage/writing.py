"""A usage file written: what was derived, over what a file already said, with a word on each key."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import yaml

from infra.cost.collect import Collected
from infra.cost.usage.file import usage_of

HEAD = "# Collected from {source} on {day}."


def merged(base: Mapping[str, Any], found: Collected) -> dict[str, Any]:
    """Return the keys of a usage file: derived ones win over what the base says."""
    values: dict[str, Any] = {
        key: dict(value) if isinstance(value, dict) else value for key, value in base.items()
    }
    for key, value in found.values.items():
        outer, _, inner = key.partition(".")
        if inner:
            values.setdefault(outer, {})[inner] = value
        else:
            values[outer] = value
    return values


def written(values: Mapping[str, Any], found: Collected, source: str, day: str) -> str:
    """Return the file's text, after checking that it is a usage file; raise UsageFileError."""
    usage_of(_plain(values), source)
    lines = [HEAD.format(source=source, day=day)]
    lines += [f"# {key}: {how}" for key, how in found.how.items()]
    lines += [f"# not derived: {key}: {why}" for key, why in found.missing.items()]
    return "\n".join([*lines, yaml.safe_dump(_plain(values), sort_keys=False)])


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value

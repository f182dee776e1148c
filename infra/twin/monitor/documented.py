"""What Azure Monitor documents: the tables of a workspace and the metrics of resource types."""

from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict


class Metric(BaseModel):
    """Hold how a metric may be aggregated and split."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    aggregations: frozenset[str]
    dimensions: frozenset[str]


class Metrics(BaseModel):
    """Hold the metrics of one resource type; `whole` says that there are no others."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    page: str
    whole: bool
    metrics: dict[str, Metric]


@cache
def tables() -> dict[str, frozenset[str]]:
    """Return the columns of each table that a stack fills."""
    return {name: frozenset(columns) for name, columns in _read("tables.yaml").items()}


@cache
def metrics() -> dict[str, Metrics]:
    """Return the metrics of each known resource type, by the type in lower case."""
    return {kind.lower(): Metrics.model_validate(entry) for kind, entry in _read("metrics.yaml").items()}


def _read(name: str) -> dict[str, Any]:
    text = files("infra.twin.monitor").joinpath(name).read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found

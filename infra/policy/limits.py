"""The bounds that the rules compare with: the data file beside this module, then the stack's own."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from infra.options.policy import PolicyConfig


class Limits(BaseModel):
    """Hold the bounds of one stack; `public_network` false forbids services with a public endpoint."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel)

    regions: tuple[str, ...]
    tags: tuple[str, ...]
    public_network: bool
    cpu: Annotated[float, Field(gt=0)]
    replicas: Annotated[int, Field(ge=1)]
    throughput: Annotated[int, Field(ge=400)]
    model_capacity: Annotated[int, Field(ge=1)]
    daily_cap_gb: Annotated[float, Field(gt=0)]
    registry_skus: tuple[str, ...]
    model_skus: tuple[str, ...]
    workload_profiles: tuple[str, ...]


def limits_of(own: PolicyConfig) -> Limits:
    """Return the bounds of a stack that says `own` under seatrial:policy."""
    return Limits.model_validate({**_common(), **own.model_dump(by_alias=True, exclude_none=True)})


def limits_from(values: Mapping[str, Any]) -> Limits:
    """Return the bounds of a stack whose seatrial:policy holds these values, unchecked so far."""
    return limits_of(PolicyConfig.model_validate(dict(values)))


def _common() -> dict[str, Any]:
    text = files("infra.policy").joinpath("limits.yaml").read_text(encoding="utf-8")
    common: dict[str, Any] = yaml.safe_load(text)
    return common

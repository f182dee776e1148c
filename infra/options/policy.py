"""A stack's own bounds for the policies."""

from typing import Annotated, Literal

from pydantic import Field

from infra.options.base import AzureLocation, Strict


class PolicyConfig(Strict):
    """Replace single bounds of infra/policy/limits.yaml for this stack."""

    regions: tuple[AzureLocation, ...] | None = None
    tags: tuple[Annotated[str, Field(min_length=1)], ...] | None = None
    public_network: bool | None = None
    cpu: Annotated[float, Field(gt=0)] | None = None
    replicas: Annotated[int, Field(ge=1)] | None = None
    throughput: Annotated[int, Field(ge=400)] | None = None
    model_capacity: Annotated[int, Field(ge=1)] | None = None
    daily_cap_gb: Annotated[float, Field(gt=0)] | None = None
    registry_skus: tuple[Literal["Basic", "Standard", "Premium"], ...] | None = None
    model_skus: tuple[Literal["Standard", "GlobalStandard", "DataZoneStandard"], ...] | None = None
    workload_profiles: tuple[Annotated[str, Field(min_length=1)], ...] | None = None

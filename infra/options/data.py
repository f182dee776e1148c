"""The model and the database."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from infra.options.base import Strict


class ModelConfig(Strict):
    """Name the model that is deployed and how much of it."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64)]
    version: Annotated[str, Field(min_length=1)]
    capacity: Annotated[int, Field(ge=1)] = 10
    sku: Literal["Standard", "GlobalStandard", "DataZoneStandard"] = "GlobalStandard"


class DatabaseConfig(Strict):
    """Say how the database is paid for, how safe it is, and how long a thread outlives its last change."""

    capacity: Literal["serverless", "autoscale"]
    max_throughput: Annotated[int, Field(ge=1000, multiple_of=1000)] | None = None
    retention_days: Annotated[int, Field(ge=1, le=24_855)] | None = None
    zone_redundant: bool = False
    backup: Literal["Continuous7Days", "Continuous30Days"] = "Continuous7Days"

    @model_validator(mode="after")
    def _throughput_fits(self) -> Self:
        if (self.capacity == "autoscale") != (self.max_throughput is not None):
            raise ValueError(
                f"capacity {self.capacity!r} with maxThroughput {self.max_throughput!r}: "
                "autoscale needs maxThroughput (RU/s, a multiple of 1000), serverless has none"
            )
        return self

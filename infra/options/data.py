"""The model and the database."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from infra.options.base import AzureLocation, Strict

ModelName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64)]
ModelVersion = Annotated[str, Field(min_length=1)]
Capacity = Annotated[int, Field(ge=1)]
DeploymentSku = Literal["Standard", "GlobalStandard", "DataZoneStandard"]


class DeploymentConfig(Strict):
    """Deploy one more model beside the app's own: another one to chat with, or one for embeddings."""

    model: ModelName
    version: ModelVersion
    capacity: Capacity = 10
    sku: DeploymentSku = "GlobalStandard"

    @property
    def embeds(self) -> bool:
        """Say whether the model makes embeddings instead of answers."""
        return self.model.startswith("text-embedding-")


class ModelConfig(Strict):
    """Name the model that answers, how much of it is deployed, and what is deployed beside it."""

    name: ModelName
    version: ModelVersion
    capacity: Capacity = 10
    sku: DeploymentSku = "GlobalStandard"
    deployments: dict[ModelName, DeploymentConfig] = Field(default={})
    """Further deployments by their names, in the order in which they are made."""

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        lowered = [name.lower() for name in (self.name, *self.deployments)]
        if twice := sorted({name for name in lowered if lowered.count(name) > 1}):
            raise ValueError(f"two deployments are called {', '.join(twice)}: names differ by more than case")
        return self

    @property
    def all(self) -> dict[str, DeploymentConfig]:
        """Return every deployment by its name, the app's own first."""
        own = DeploymentConfig(model=self.name, version=self.version, capacity=self.capacity, sku=self.sku)
        return {self.name: own, **self.deployments}

    @property
    def fallbacks(self) -> tuple[str, ...]:
        """Return the deployments that can answer in the first one's place, in order."""
        return tuple(name for name, one in self.deployments.items() if not one.embeds)

    @property
    def embeddings(self) -> tuple[str, ...]:
        """Return the deployments that make embeddings, in order."""
        return tuple(name for name, one in self.deployments.items() if one.embeds)


class DatabaseConfig(Strict):
    """Say how the database is paid for, how safe it is, and how long a thread outlives its last change."""

    capacity: Literal["serverless", "autoscale"]
    max_throughput: Annotated[int, Field(ge=1000, multiple_of=1000)] | None = None
    retention_days: Annotated[int, Field(ge=1, le=24_855)] | None = None
    zone_redundant: bool = False
    regions: Annotated[tuple[AzureLocation, ...], Field(max_length=10)] = ()
    """Further regions with a copy to read from, the next to write in when the first one fails first."""
    backup: Literal["Continuous7Days", "Continuous30Days"] = "Continuous7Days"

    @model_validator(mode="after")
    def _throughput_fits(self) -> Self:
        if (self.capacity == "autoscale") != (self.max_throughput is not None):
            raise ValueError(
                f"capacity {self.capacity!r} with maxThroughput {self.max_throughput!r}: "
                "autoscale needs maxThroughput (RU/s, a multiple of 1000), serverless has none"
            )
        return self

    @model_validator(mode="after")
    def _regions_fit(self) -> Self:
        if self.regions and self.capacity == "serverless":
            raise ValueError(
                f"capacity 'serverless' with regions {', '.join(self.regions)}: a serverless account has one "
                "region; set capacity to 'autoscale', or remove regions"
            )
        if len(set(self.regions)) < len(self.regions):
            raise ValueError(f"regions {', '.join(self.regions)} names one twice")
        return self


class RedisConfig(Strict):
    """Size a cache for the app's own use; highly available, it has a second node, and costs twice as much."""

    size: Literal["B0", "B1", "B3", "B5", "B10", "B20"] = "B0"
    high_availability: bool = False
    eviction: Literal["NoEviction", "VolatileLRU", "AllKeysLRU", "AllKeysLFU"] = "VolatileLRU"

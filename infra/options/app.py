"""The app and its image."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from infra.options.base import Strict
from infra.options.network import AddressRanges


def _variable_name(value: str) -> str:
    if not value.replace("_", "").isalnum() or not value.isascii() or value[:1].isdigit():
        raise ValueError("a variable's name has letters, digits and _ only, and no digit in front")
    return value


Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
Memory = Annotated[str, Field(pattern=r"^(\d*[1-9]\d*(\.\d+)?|\d+\.\d*[1-9]\d*)Gi$")]
Port = Annotated[int, Field(ge=1, le=65_535)]
VariableName = Annotated[str, AfterValidator(_variable_name)]
SecretAddress = Annotated[str, Field(pattern=r"^https://\S+$")]
SecretName = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", max_length=253)]


class ImageConfig(Strict):
    """Name the image; with a digest nothing is built, it is promoted as it is."""

    repository: Annotated[str, Field(pattern=r"^[a-z0-9]+([._/-][a-z0-9]+)*$")] = "seatrial"
    platform: Literal["linux/amd64", "linux/arm64"] = "linux/amd64"
    digest: Digest | None = None
    source: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*(:[0-9]{1,5})?$")] | None = None
    """The registry that a digest is copied from when this stack's own does not hold it yet."""

    @model_validator(mode="after")
    def _source_has_digest(self) -> Self:
        if self.source is not None and self.digest is None:
            raise ValueError(f"image.source {self.source!r} without image.digest: name the digest to copy")
        return self


class ProbeConfig(Strict):
    """Say how often a probe asks and how many noes count; Azure checks the ranges."""

    path: Annotated[str, Field(pattern=r"^/\S*$")] | None = None
    initial_delay_seconds: Annotated[int, Field(ge=0)] | None = None
    period_seconds: Annotated[int, Field(gt=0)] = 10
    timeout_seconds: Annotated[int, Field(gt=0)] = 2
    failure_threshold: Annotated[int, Field(gt=0)] = 3


class ProbesConfig(Strict):
    """Hold the three probes that every app declares."""

    startup: ProbeConfig = ProbeConfig(periodSeconds=2, failureThreshold=10)
    liveness: ProbeConfig = ProbeConfig()
    readiness: ProbeConfig = ProbeConfig(periodSeconds=5)


class SecretReference(Strict):
    """Take a variable's value from one of the app's secrets."""

    secret: SecretName


class VaultSecret(Strict):
    """Take a secret's value from the stack's own vault, its latest version."""

    vault: Annotated[str, Field(pattern=r"^[0-9a-zA-Z-]{1,127}$")]


class AppConfig(Strict):
    """Size and shape the app. Whether Azure sells that pair of cpu and memory is Azure's to say."""

    cpu: Annotated[float, Field(gt=0)]
    memory: Memory
    port: Port = 8000
    probe_port: Port | None = None
    min_replicas: Annotated[int, Field(ge=0)] = 0
    max_replicas: Annotated[int, Field(ge=1)] = 10
    concurrency: Annotated[int, Field(ge=1)] = 20
    grace_seconds: Annotated[int, Field(ge=0, le=600)] = 30
    external: bool = True
    allow: AddressRanges = ()
    """Who may reach the app; everybody where nobody is named."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    environment: dict[VariableName, str | SecretReference] = Field(default={})
    secrets: dict[SecretName, SecretAddress | VaultSecret] = Field(default={})
    probes: ProbesConfig = ProbesConfig()

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min_replicas > self.max_replicas:
            raise ValueError(f"minReplicas {self.min_replicas} is above maxReplicas {self.max_replicas}")
        return self

"""What one stack may say, typed. Imports no Pulumi, so that tests and the price can read a stack."""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from infra.project import Project
from infra.stack_file import StackFile, StackFileError

NAMESPACE = "seatrial"
_REFERENCE = (
    "is refused: a secret is {vault: NAME}, NAME as set by `seatrial secret set NAME`, or the https address "
    "of one in another vault; a value never stands here"
)


class Strict(BaseModel):
    """Refuse unknown keys and changes; keys are camelCase in the file."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel)


def _first_of_month(value: date) -> date:
    if value.day != 1:
        raise ValueError("a budget starts on the first of a month, for instance 2026-12-01")
    return value


def _variable_name(value: str) -> str:
    if not value.replace("_", "").isalnum() or not value.isascii() or value[:1].isdigit():
        raise ValueError("a variable's name has letters, digits and _ only, and no digit in front")
    return value


def _json_text(value: Any) -> Any:
    return json.dumps(value, separators=(",", ":")) if isinstance(value, Mapping) else value


AzureLocation = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{2,30}$")]
Guid = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")]
Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
Memory = Annotated[str, Field(pattern=r"^(\d*[1-9]\d*(\.\d+)?|\d+\.\d*[1-9]\d*)Gi$")]
Port = Annotated[int, Field(ge=1, le=65_535)]
Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
VariableName = Annotated[str, AfterValidator(_variable_name)]
SecretName = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", max_length=253)]
JsonText = Annotated[str, BeforeValidator(_json_text)]


class EntraConfig(Strict):
    """Name the tenant and the audience whose tokens are believed."""

    tenant_id: Guid
    audience: Annotated[str, Field(min_length=1)]


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
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    environment: dict[VariableName, str | SecretReference] = {}
    secrets: dict[SecretName, Annotated[str, Field(pattern=r"^https://\S+$")] | VaultSecret] = {}
    probes: ProbesConfig = ProbesConfig()

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min_replicas > self.max_replicas:
            raise ValueError(f"minReplicas {self.min_replicas} is above maxReplicas {self.max_replicas}")
        return self


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


class LogsConfig(Strict):
    """Bound how long logs stay and how much a day may cost."""

    retention_days: Annotated[int, Field(ge=30, le=730)] = 30
    daily_cap_gb: Annotated[float, Field(gt=0)] = 1


class AlertsConfig(Strict):
    """Say who hears of trouble, and from how many restarts in 15 minutes on."""

    email: Email | None = None
    restarts: Annotated[int, Field(ge=0)] = 3


class BudgetConfig(Strict):
    """Bound the month's cost; Azure wants the first of a month as the start."""

    amount: Annotated[Decimal, Field(gt=0, max_digits=12, decimal_places=2)]
    start_date: Annotated[date, AfterValidator(_first_of_month)]
    contacts: tuple[Email, ...] = ()


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


class StackConfig(Strict):
    """Hold everything that a stack file says under `seatrial:`."""

    location: AzureLocation
    auth: Literal["key", "entra"]
    auth_jwks: JsonText | None = None
    entra: EntraConfig | None = None
    goal: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] = "travel_planning"
    image: ImageConfig = ImageConfig()
    app: AppConfig
    model: ModelConfig
    database: DatabaseConfig
    logs: LogsConfig = LogsConfig()
    alerts: AlertsConfig = AlertsConfig()
    budget: BudgetConfig
    vault: bool | None = None
    """Whether the stack has a vault; unset, it has one as soon as a secret refers to it."""
    registry_sku: Literal["Basic", "Standard", "Premium"] = "Basic"
    name_suffix: Annotated[str, Field(pattern=r"^[a-z0-9]{0,8}$")] = ""
    tags: dict[str, str] = {}
    protect: bool = False
    policy: PolicyConfig = PolicyConfig()

    @model_validator(mode="after")
    def _identity_complete(self) -> Self:
        if self.auth == "entra" and self.entra is None:
            raise ValueError("auth 'entra' needs entra: {tenantId, audience}")
        if self.auth == "key" and self.entra is not None:
            raise ValueError("auth 'key' has no use for entra: remove it, or set auth to 'entra'")
        return self

    @model_validator(mode="after")
    def _vault_where_needed(self) -> Self:
        if self.vault is False and (names := self.secrets_in_vault):
            raise ValueError(
                f"vault false with app.secrets {', '.join(names)} from the vault: remove `vault`, or give "
                "each secret the https address of another vault's"
            )
        return self

    @property
    def secrets_in_vault(self) -> tuple[str, ...]:
        """Return the names under which the stack's own vault holds the app's secrets, sorted."""
        found = (one.vault for one in self.app.secrets.values() if isinstance(one, VaultSecret))
        return tuple(sorted(set(found)))

    @property
    def has_vault(self) -> bool:
        """Say whether the stack has a vault of its own."""
        return bool(self.vault or self.secrets_in_vault)


def load_stack(project: Project, stack: str, overrides: Mapping[str, Any] | None = None) -> StackConfig:
    """Return the configuration of a stack; `overrides` maps dotted keys (`image.digest`) to values.

    Raises StackFileError naming file:line, the key, the value seen and the legal values.
    """
    return validated(StackFile.read(project, stack), overrides or {})


def validated(file: StackFile, overrides: Mapping[str, Any]) -> StackConfig:
    """Return a stack file's configuration, checked; raise StackFileError."""
    values = merged(file, overrides)
    try:
        config = StackConfig.model_validate(values)
    except ValidationError as error:
        # A misspelt key is also a missing one: say the first, it is what to correct.
        first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
        raise file.refuse(*_explain(first, file)) from None
    named = file.values("azure-native").get("location", config.location)
    if named != config.location:
        reason = f"is not seatrial:location ({config.location!r}); set both to the same region"
        raise file.refuse(("azure-native:location",), named, reason)
    return config


def merged(file: StackFile, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stack file's own values with dotted keys replaced, unchecked."""
    values = file.values(NAMESPACE)
    for key, value in overrides.items():
        _put(values, key.split("."), value)
    return values


def _put(values: dict[str, Any], path: list[str], value: Any) -> None:
    for name in path[:-1]:
        inner = values.get(name)
        values[name] = values = inner if isinstance(inner, dict) else {}
    values[path[-1]] = value


def _explain(error: ErrorDetails, file: StackFile) -> tuple[tuple[str | int, ...], Any, str]:
    path = tuple(part for part in error["loc"] if not _internal(part))
    keys = (f"{NAMESPACE}:{path[0]}", *path[1:]) if path else (f"{NAMESPACE}:auth",)
    if path[:2] == ("app", "secrets") and path != ("app", "secrets"):
        # What stands here may be a value that should not: it is not quoted.
        return keys, None, _REFERENCE
    if error["type"] == "extra_forbidden":
        legal = ", ".join(sorted(_legal(path[:-1])))
        return keys, error["input"], f"is no key of this program; legal keys here: {legal}"
    if error["type"] == "missing":
        return keys, None, f"is missing; add it to {file.name}"
    return keys, error["input"], f"is refused: {error['msg'].removeprefix('Value error, ')}"


def _internal(part: str | int) -> bool:
    """Say whether pydantic, not the file, put this part into a path (a union's branch)."""
    return part in {"str", "constrained-str", "SecretReference", "VaultSecret", "[key]"}


def _legal(path: tuple[str | int, ...]) -> list[str]:
    model: Any = StackConfig
    for part in path:
        field = next((f for f in model.model_fields.values() if f.alias == part), None)
        annotation = field.annotation if field else None
        options = [annotation, *getattr(annotation, "__args__", ())]
        model = next((t for t in options if isinstance(t, type) and issubclass(t, BaseModel)), None)
        if model is None:
            return []
    return [field.alias or name for name, field in model.model_fields.items()]


__all__ = ["StackConfig", "StackFileError", "load_stack", "merged", "validated"]

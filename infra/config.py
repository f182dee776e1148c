"""What one stack may say, typed. Imports no Pulumi, so that tests and the price can read a stack."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from infra.options.access import EntraConfig, JsonText
from infra.options.app import AppConfig, ImageConfig, VaultSecret
from infra.options.base import AzureLocation, Strict
from infra.options.data import DatabaseConfig, ModelConfig, RedisConfig
from infra.options.edge import DomainConfig, FrontDoorConfig, KeepConfig, MaintenanceConfig, SignInConfig
from infra.options.network import NetworkConfig
from infra.options.policy import PolicyConfig
from infra.options.watching import AlertsConfig, AvailabilityConfig, BudgetConfig, LogsConfig
from infra.project import Project
from infra.stack_file import StackFile, StackFileError

NAMESPACE = "seatrial"
_REFERENCE = (
    "is refused: a secret is {vault: NAME}, NAME as set by `seatrial secret set NAME`, or the https address "
    "of one in another vault; a value never stands here"
)


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
    workbook: bool = False
    availability: AvailabilityConfig | None = None
    budget: BudgetConfig
    vault: bool | None = None
    """Whether the stack has a vault; unset, it has one as soon as a secret refers to it."""
    keep: KeepConfig = KeepConfig()
    redis: RedisConfig | None = None
    maintenance: MaintenanceConfig | None = None
    sign_in: SignInConfig | None = None
    domain: DomainConfig | None = None
    front_door: FrontDoorConfig | None = None
    network: NetworkConfig | None = None
    second_region: AzureLocation | None = None
    """Where the app runs once more, on the same database and image."""
    registry_sku: Literal["Basic", "Standard", "Premium"] = "Basic"
    name_suffix: Annotated[str, Field(pattern=r"^[a-z0-9]{0,8}$")] = ""
    tags: dict[str, str] = Field(default={})
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
    def _sign_in_knows_whom_to_believe(self) -> Self:
        if self.sign_in is not None and self.entra is None:
            raise ValueError(
                f"signIn with auth {self.auth!r}: Container Apps would refuse the developer's own tokens; "
                "set auth to 'entra', or remove signIn"
            )
        return self

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if self.domain is not None and self.front_door is not None:
            raise ValueError(
                "domain with frontDoor: the app accepts Front Door alone, and the domain leads past it; "
                "remove one of the two"
            )
        if self.second_region is not None and self.front_door is not None:
            raise ValueError(
                "secondRegion with frontDoor: the second region's app is no origin of Front Door yet; remove "
                "one of the two"
            )
        return self

    @model_validator(mode="after")
    def _cache_can_be_reached(self) -> Self:
        if self.network is not None and self.redis is not None:
            raise ValueError(
                "redis with network: a cache has no private endpoint yet and would be closed to everybody; "
                "remove one of the two"
            )
        return self

    @model_validator(mode="after")
    def _vault_where_needed(self) -> Self:
        if self.vault is False and (names := self.secrets_in_vault):
            raise ValueError(
                f"vault false with app.secrets {', '.join(names)} from the vault: remove `vault`, or give "
                "each secret the https address of another vault's"
            )
        return self

    @model_validator(mode="after")
    def _watched_where_it_can_be(self) -> Self:
        if self.alerts.no_replicas and self.app.min_replicas == 0:
            raise ValueError(
                "alerts.noReplicas true with app.minReplicas 0: an app that scales to zero would set it off; "
                "remove noReplicas, or set minReplicas to 1 or more"
            )
        if self.availability is not None and not self.app.external:
            raise ValueError(
                "availability with app.external false: nobody outside reaches the app; remove availability, "
                "or set external to true"
            )
        return self

    @model_validator(mode="after")
    def _regions_differ(self) -> Self:
        if self.location in self.database.regions:
            raise ValueError(
                f"database.regions names {self.location!r}, where the stack is: name further regions alone"
            )
        return self

    @model_validator(mode="after")
    def _second_region_has_all(self) -> Self:
        if self.second_region is None:
            return self
        said = f"secondRegion {self.second_region!r}"
        if self.network is not None:
            raise ValueError(f"{said} with network: a second region's app has no way to closed services yet")
        if self.registry_sku != "Premium":
            raise ValueError(f"{said} with registrySku {self.registry_sku!r}: only Premium has copies")
        if self.second_region not in self.database.regions:
            raise ValueError(
                f"{said} is not in database.regions: without a copy there, it is no refuge; add it"
            )
        return self

    @model_validator(mode="after")
    def _registry_can_be_private(self) -> Self:
        if self.network is not None and self.registry_sku != "Premium":
            raise ValueError(
                f"network with registrySku {self.registry_sku!r}: only a Premium registry has private "
                "endpoints; set registrySku to 'Premium', or remove network"
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

    Raises StackFileError naming file:line, or the override, the key, the value seen and the legal values.
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
        raise file.refuse(*_explain(first, file), given=overrides) from None
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

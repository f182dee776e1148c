"""What one stack may say, typed. Imports no Pulumi, so that tests and the price can read a stack."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from infra.options.access import EntraConfig, JsonText
from infra.options.app import AppConfig, ImageConfig, VaultSecret
from infra.options.base import AzureLocation, Strict
from infra.options.data import DatabaseConfig, ModelConfig
from infra.options.policy import PolicyConfig
from infra.options.watching import AlertsConfig, BudgetConfig, LogsConfig
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
    budget: BudgetConfig
    vault: bool | None = None
    """Whether the stack has a vault; unset, it has one as soon as a secret refers to it."""
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

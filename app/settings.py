"""What the environment may say to the app: every legal variable, its type and its default."""

import os
from collections.abc import Iterator, Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, Field, SecretStr, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.keys import KeySet, read_key_set
from app.prices import PriceList, read_price_list

PREFIX = "SEATRIAL_"
ADDRESS = r"^https?://\S+$"
SECURE_ADDRESS = r"^https://[^\s/?#]+/?$"
GUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
RESOURCE_NAME = r"^[^/\\?#\s]{1,255}$"
MOST_DAYS = 24_855  # the service counts seconds in 32 bits
Provider = Literal["openai", "azure", "ollama", "local", "scripted"]
SHARED_STAGES = ("staging", "prod", "production")


class ConfigurationError(Exception):
    """Say which variable is wrong, the value seen and what is allowed, in one line."""


class Group(BaseSettings):
    """Hold variables that are read together; values are fixed once read."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", case_sensitive=True, env_ignore_empty=True, populate_by_name=True
    )


def _variable(name: str, default: Any = ..., **constraints: Any) -> Any:
    return Field(default, validation_alias=name, **constraints)


class ServerSettings(Group):
    """Say where the app listens and what it calls itself."""

    host: str = _variable("SEATRIAL_HOST", "0.0.0.0")
    port: int = _variable("PORT", 8000, ge=0, le=65_535)
    stage: str = _variable("ENV", "local", pattern=r"^[a-z][a-z0-9-]{0,31}$")
    service: str = _variable("SEATRIAL_SERVICE_NAME", "seatrial")
    version: str = _variable("SEATRIAL_VERSION", "0.1.0")
    grace_seconds: float = _variable("SEATRIAL_GRACE_SECONDS", 20.0, ge=0, le=600)
    trusted_proxies: str = _variable("SEATRIAL_FORWARDED_ALLOW_IPS", "127.0.0.1")
    front_door_id: str | None = _variable("SEATRIAL_FRONT_DOOR_ID", None, pattern=GUID)

    @property
    def finish_seconds(self) -> float:
        """Return the part of the time of grace in which runs may still finish; the rest hands them over."""
        return self.grace_seconds * 0.6


class AuthSettings(Group):
    """Say whose tokens are believed."""

    mode: Literal["key", "entra", "open"] = _variable("SEATRIAL_AUTH")
    jwks: str | None = _variable("AUTH_JWKS", None)
    issuer: str | None = _variable("AUTH_ISSUER", None)
    audience: str | None = _variable("AUTH_AUDIENCE", None)
    jwks_url: str | None = _variable("AUTH_JWKS_URL", None, pattern=ADDRESS)
    session_hours: float = _variable("SEATRIAL_SESSION_HOURS", 12.0, gt=0, le=168)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        needed = {"key": ("jwks",), "entra": ("issuer", "audience", "jwks_url"), "open": ()}[self.mode]
        for name in needed:
            if getattr(self, name) is None:
                variable = variable_of(type(self), name)
                raise ValueError(f"{variable} is not set, SEATRIAL_AUTH={self.mode} needs it")
        if self.mode == "key":
            self.keys()
        return self

    def keys(self) -> KeySet:
        """Return the developer keys of mode `key`; ValueError where the set is unusable."""
        return read_key_set(self.jwks or "")


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for part in text.split(",") if (name := part.strip()))


class ModelSettings(Group):
    """Say which language model answers; with nothing set the first that is found does."""

    provider: Literal["openai", "azure", "ollama", "local", "scripted"] | None = _variable(
        "SEATRIAL_MODEL", None
    )
    api_base: str | None = _variable("OPENAI_API_BASE", None, pattern=ADDRESS)
    api_key: SecretStr | None = _variable("OPENAI_API_KEY", None)
    name: str | None = _variable("OPENAI_MODEL_NAME", None)
    azure_endpoint: str | None = _variable("AZURE_OPENAI_ENDPOINT", None, pattern=ADDRESS)
    azure_client_id: str | None = _variable("AZURE_CLIENT_ID", None)
    fallbacks: str = _variable("SEATRIAL_FALLBACK_MODELS", "")
    embeddings: str = _variable("SEATRIAL_EMBEDDING_MODELS", "")
    ollama_url: str = _variable("SEATRIAL_OLLAMA_URL", "http://127.0.0.1:11434", pattern=ADDRESS)
    prices: str | None = _variable("SEATRIAL_PRICES", None)

    @model_validator(mode="after")
    def _priced(self) -> Self:
        try:
            self.price_list()
        except ValueError as error:
            raise ValueError(f"SEATRIAL_PRICES is refused: {error}") from None
        return self

    @property
    def fallback_names(self) -> tuple[str, ...]:
        """Return the deployments that answer when the first one fails, in order."""
        return _names(self.fallbacks)

    @property
    def embedding_names(self) -> tuple[str, ...]:
        """Return the deployments that a goal's tools may ask for embeddings."""
        return _names(self.embeddings)

    def price_list(self) -> PriceList | None:
        """Return the list prices that answers show, None where none were told; ValueError if unusable."""
        return None if self.prices is None else read_price_list(self.prices)


class StateSettings(Group):
    """Say where threads, runs and checkpoints are kept, and for how long."""

    memory_checkpointer: bool = _variable("USE_MEMORY_CHECKPOINTER", False)
    cosmos_endpoint: str | None = _variable("COSMOS_ENDPOINT", None, pattern=SECURE_ADDRESS)
    database: str = _variable("SEATRIAL_COSMOS_DATABASE", "agents", pattern=RESOURCE_NAME)
    checkpoints: str = _variable("SEATRIAL_COSMOS_CHECKPOINTS", "checkpoints", pattern=RESOURCE_NAME)
    runs: str = _variable("SEATRIAL_COSMOS_RUNS", "runs", pattern=RESOURCE_NAME)
    retention_days: float | None = _variable("SEATRIAL_RETENTION_DAYS", None, gt=0, le=MOST_DAYS)
    path: str | None = _variable("SEATRIAL_STORE_PATH", None)

    @property
    def cosmos(self) -> bool:
        """Say whether Cosmos DB keeps the state; the memory checkpointer stands in for the whole database."""
        return self.cosmos_endpoint is not None and not self.memory_checkpointer

    @property
    def retention_seconds(self) -> int | None:
        """Return how long a thread lives after its last change, or None for ever."""
        return None if self.retention_days is None else max(1, round(self.retention_days * 86_400))


class GoalSettings(Group):
    """Say which goals are served."""

    name: str | None = _variable("SEATRIAL_GOAL", None)
    folder: str | None = _variable("SEATRIAL_GOALS", None)


class LimitSettings(Group):
    """Bound sizes, rates and waiting times."""

    body_bytes: int = _variable("SEATRIAL_BODY_BYTES", 1_048_576, ge=1_024, le=16_777_216)
    message_characters: int = _variable("SEATRIAL_MESSAGE_CHARACTERS", 32_000, ge=1, le=1_000_000)
    json_depth: int = _variable("SEATRIAL_JSON_DEPTH", 64, ge=2, le=256)
    rate_per_second: float = _variable("SEATRIAL_RATE_PER_SECOND", 50.0, gt=0)
    rate_burst: int = _variable("SEATRIAL_RATE_BURST", 200, ge=1)
    failures_per_minute: int = _variable("SEATRIAL_AUTH_FAILURES_PER_MINUTE", 60, ge=1)
    runs_per_user: int = _variable("SEATRIAL_RUNS_PER_USER", 8, ge=1)
    run_seconds: float = _variable("SEATRIAL_RUN_SECONDS", 600.0, gt=0)
    sockets_per_user: int = _variable("SEATRIAL_SOCKETS_PER_USER", 20, ge=1)
    streams_per_user: int = _variable("SEATRIAL_STREAMS_PER_USER", 50, ge=1)
    follows_per_socket: int = _variable("SEATRIAL_FOLLOWS_PER_SOCKET", 16, ge=1)
    heartbeat_seconds: float = _variable("SEATRIAL_HEARTBEAT_SECONDS", 15.0, gt=0)
    first_frame_seconds: float = _variable("SEATRIAL_FIRST_FRAME_SECONDS", 60.0, gt=0)


class TelemetrySettings(Group):
    """Say what is logged, measured and traced, and where it goes."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = _variable("LOG_LEVEL", "INFO")
    metrics_open: bool = _variable("SEATRIAL_METRICS_OPEN", False)
    otlp_endpoint: str | None = _variable("OTEL_EXPORTER_OTLP_ENDPOINT", None, pattern=ADDRESS)
    azure_connection: SecretStr | None = _variable("APPLICATIONINSIGHTS_CONNECTION_STRING", None)

    @model_validator(mode="before")
    @classmethod
    def _upper(cls, values: dict[str, Any]) -> dict[str, Any]:
        level = values.get("LOG_LEVEL")
        return values if level is None else {**values, "LOG_LEVEL": str(level).upper()}


class Settings(BaseModel):
    """Hold everything that the environment says, read once at start."""

    model_config = {"frozen": True}

    server: ServerSettings
    auth: AuthSettings
    model: ModelSettings
    state: StateSettings
    goal: GoalSettings
    limits: LimitSettings
    telemetry: TelemetrySettings

    @model_validator(mode="before")
    @classmethod
    def _open_listens_at_home(cls, values: dict[str, Any]) -> dict[str, Any]:
        auth, server = values["auth"], values["server"]
        if auth.mode == "open" and "host" not in server.model_fields_set:
            return {**values, "server": server.model_copy(update={"host": "127.0.0.1"})}
        return values

    @model_validator(mode="after")
    def _open_stays_at_home(self) -> Self:
        if self.auth.mode == "open" and self.server.stage in SHARED_STAGES:
            raise ValueError(
                f"SEATRIAL_AUTH=open is not allowed with ENV={self.server.stage}: anyone could be anyone. "
                "Use key or entra"
            )
        return self


def groups() -> Iterator[tuple[str, type[Group]]]:
    """Yield the settings' groups by name."""
    for name, field in Settings.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Group):
            yield name, kind


def variable_of(group: type[Group], field: str) -> str:
    """Return the environment variable behind a field."""
    alias = group.model_fields[field].validation_alias
    return alias if isinstance(alias, str) else field


def legal_variables() -> tuple[str, ...]:
    """Return every environment variable that the app reads, sorted."""
    return tuple(sorted(variable_of(group, field) for _, group in groups() for field in group.model_fields))


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the environment once; ConfigurationError names the variable, the value and what is allowed."""
    _refuse_unknown(os.environ if environment is None else environment)
    values: dict[str, Group] = {}
    for name, group in groups():
        try:
            values[name] = group() if environment is None else group.model_validate(_filled(environment))
        except ValidationError as error:
            raise ConfigurationError(_sentence(error.errors()[0], group)) from None
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise ConfigurationError(_sentence(error.errors()[0], None)) from None


def _filled(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if value != ""}


def _refuse_unknown(environment: Mapping[str, str]) -> None:
    legal = [name for name in legal_variables() if name.startswith(PREFIX)]
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in legal:
            raise ConfigurationError(
                f"{name} is not a variable of this app. Legal names with this prefix: {', '.join(legal)}"
            )


def _sentence(error: ErrorDetails, group: type[Group] | None) -> str:
    message = error["msg"].removeprefix("Value error, ")
    if not error["loc"]:
        return message
    variable = str(error["loc"][0])
    if error["type"] == "missing":
        return f"{variable} is not set. {_allowed(variable, group)}".rstrip()
    secret = "KEY" in variable or "CONNECTION" in variable
    seen = "(secret)" if secret else repr(error["input"])
    return f"{variable}={seen} is refused: {message[0].lower()}{message[1:]}"


def _allowed(variable: str, group: type[Group] | None) -> str:
    if variable == "SEATRIAL_AUTH":
        return (
            "Allowed: key (tokens of your own key, AUTH_JWKS), entra (AUTH_ISSUER, AUTH_AUDIENCE, "
            "AUTH_JWKS_URL), open (no tokens; a developer's machine only)"
        )
    return f"It belongs to {group.__name__}" if group else ""

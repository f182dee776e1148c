"""What the app is told: its environment variables; a contract test holds them against its settings."""

from dataclasses import dataclass

import pulumi

from infra import naming
from infra.config import StackConfig
from infra.cost.price_list import price_list
from infra.options.app import SecretReference
from infra.options.data import ModelConfig

GRACE_MARGIN_SECONDS = 5
_LOGIN = "https://login.microsoftonline.com"

Value = pulumi.Input[str] | SecretReference


@dataclass(frozen=True, kw_only=True, eq=False)
class Endpoints:
    """Hold what other components know and the app must be told."""

    client_id: pulumi.Output[str]
    cosmos: pulumi.Output[str]
    model: pulumi.Output[str]
    deployment: pulumi.Output[str]
    telemetry: pulumi.Output[str]
    image: pulumi.Output[str]


def variables(stack: str, config: StackConfig, endpoints: Endpoints) -> dict[str, Value]:
    """Return every variable that the app gets, by name; what the stack file adds comes last."""
    return {
        "PORT": str(config.app.port),
        "ENV": stack,
        "LOG_LEVEL": config.app.log_level,
        "AZURE_CLIENT_ID": endpoints.client_id,
        "AZURE_OPENAI_ENDPOINT": endpoints.model,
        "OPENAI_MODEL_NAME": endpoints.deployment,
        "COSMOS_ENDPOINT": endpoints.cosmos,
        "APPLICATIONINSIGHTS_CONNECTION_STRING": endpoints.telemetry,
        "SEATRIAL_GOAL": config.goal,
        "SEATRIAL_SERVICE_NAME": config.image.repository.rpartition("/")[2],
        "SEATRIAL_VERSION": endpoints.image.apply(naming.version_of),
        "SEATRIAL_FORWARDED_ALLOW_IPS": "*",  # only the ingress reaches the app
        "SEATRIAL_GRACE_SECONDS": str(max(0, config.app.grace_seconds - GRACE_MARGIN_SECONDS)),
        **identity_variables(config),
        **_retention(config),
        **further_models(config.model),
        **_prices(config),
        **config.app.environment,
    }


def identity_variables(config: StackConfig) -> dict[str, Value]:
    """Return the variables that say whose tokens the app believes."""
    if config.entra is None:
        keys: dict[str, Value] = {} if config.auth_jwks is None else {"AUTH_JWKS": config.auth_jwks}
        return {"SEATRIAL_AUTH": config.auth, **keys}
    tenant = f"{_LOGIN}/{config.entra.tenant_id}"
    return {
        "SEATRIAL_AUTH": config.auth,
        "AUTH_ISSUER": f"{tenant}/v2.0",
        "AUTH_AUDIENCE": config.entra.audience,
        "AUTH_JWKS_URL": f"{tenant}/discovery/v2.0/keys",
    }


def _retention(config: StackConfig) -> dict[str, Value]:
    days = config.database.retention_days
    return {} if days is None else {"SEATRIAL_RETENTION_DAYS": str(days)}


def further_models(config: ModelConfig) -> dict[str, str]:
    """Return the variables that name the deployments beside the first, where there are any."""
    told = {"SEATRIAL_FALLBACK_MODELS": config.fallbacks, "SEATRIAL_EMBEDDING_MODELS": config.embeddings}
    return {name: ",".join(names) for name, names in told.items() if names}


def _prices(config: StackConfig) -> dict[str, Value]:
    """Return the list prices that the app shows under an answer; a model without one is not told."""
    own = config.model
    more = {name: (own.deployments[name].model, own.deployments[name].sku) for name in own.fallbacks}
    known = price_list(
        {own.name: (own.name, own.sku), **more},
        config.location,
        serverless=config.database.capacity == "serverless",
    )
    return {} if known is None else {"SEATRIAL_PRICES": known}

"""How people reach the app, what of it others may set, and what is done beside it."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from infra.options.base import Guid, Strict

_CRON_FIELD = re.compile(r"(\*|[0-9]+(-[0-9]+)?)(/[0-9]+)?(,(\*|[0-9]+(-[0-9]+)?)(/[0-9]+)?)*")
_CRON_FIELDS = 5


def _cron(value: str) -> str:
    fields = value.split()
    if len(fields) != _CRON_FIELDS or not all(map(_CRON_FIELD.fullmatch, fields)):
        raise ValueError(
            f"{value!r} is no schedule: minute, hour, day of month, month and day of week in UTC, for "
            "instance '17 3 * * 1'"
        )
    return value


class KeepConfig(Strict):
    """Say which settings of the app stay as others left them; false takes them back to the program's."""

    domains: bool = True
    traffic: bool = True


class MaintenanceConfig(Strict):
    """Say when the app's image tidies the database, and how long one round may take."""

    schedule: Annotated[str, AfterValidator(_cron)] = "17 3 * * 1"
    timeout_seconds: Annotated[int, Field(ge=60, le=86_400)] = 3600
    used_since_days: Annotated[float, Field(gt=0, le=366)] = 8


RoutePath = Annotated[str, Field(pattern=r"^/\S*$")]


class SignInConfig(Strict):
    """Name the registration at which people sign in before a request reaches the app, and who need not."""

    client_id: Guid
    unauthenticated: Literal["redirect", "401"] = "redirect"
    excluded_paths: tuple[RoutePath, ...] = (
        "/health",
        "/health/live",
        "/health/ready",
        "/health/startup",
        "/ws",
    )
    """Paths without the sign-in: probes from outside, and the socket, where the app checks tokens itself."""


class DomainConfig(Strict):
    """Name the address of one's own, and whether its DNS records are there so that it can be bound."""

    name: Annotated[
        str,
        Field(
            pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$", max_length=64
        ),
    ]
    bind: bool = True
    validation: Literal["CNAME", "HTTP"] = "CNAME"
    """CNAME for a subdomain; HTTP for a domain at the root of its zone, which leads here by an A record."""


class FrontDoorConfig(Strict):
    """Put Azure's edge in front of the app; its firewall knows managed rules in Premium alone."""

    sku: Literal["Standard", "Premium"] = "Standard"
    firewall: Literal["Prevention", "Detection"] = "Prevention"
    requests_per_minute: Annotated[int, Field(ge=10, le=100_000)] = 600
    """How many requests one address may send in a minute before the firewall blocks it."""

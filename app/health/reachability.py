"""Whether a model's endpoint can be reached: a connection is enough, a token costs money."""

import asyncio
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from app.health.readiness import Check
from app.settings import ModelSettings

PORTS = {"http": 80, "https": 443}


def model_check(settings: ModelSettings) -> Check:
    """Return how to find out whether the configured model is there; a model of this process always is."""
    address = _address(settings)

    async def check() -> None:
        if address is not None:
            await _connect(address)

    return check


def _address(settings: ModelSettings) -> str | None:
    remote = settings.api_base or settings.azure_endpoint
    if settings.provider in {"local", "scripted"}:
        return None
    if settings.provider == "ollama":
        return settings.ollama_url
    return settings.azure_endpoint if settings.provider == "azure" else remote


async def _connect(address: str) -> None:
    url = urlsplit(address)
    host = url.hostname or ""
    proxy = None if proxy_bypass(host) else getproxies().get(url.scheme)
    if proxy:
        url = urlsplit(proxy if "//" in proxy else f"//{proxy}")
    port = url.port or PORTS.get(url.scheme, 80)
    _, writer = await asyncio.open_connection(url.hostname, port)
    writer.close()

"""Whether a model's endpoint can be reached: a connection is enough, a token costs money."""

import asyncio
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from app.health.readiness import Check
from app.settings import ModelSettings

_OPENAI = "https://api.openai.com"
PORTS = {"http": 80, "https": 443}


def model_check(settings: ModelSettings) -> Check:
    """Return how to find out whether the configured model is there; a model of this process always is."""
    addresses = _addresses(settings)

    async def check() -> None:
        refusals = [error for address in addresses if (error := await _refusal(address))]
        if addresses and len(refusals) == len(addresses):
            raise refusals[0]

    return check


def _addresses(settings: ModelSettings) -> list[str]:
    """Return the endpoints of the models that may answer, each of which is enough."""
    keyed = _OPENAI if settings.api_key else None
    openai = settings.api_base or keyed
    wanted: dict[str | None, list[str | None]] = {
        "openai": [openai],
        "azure": [settings.azure_endpoint],
        "ollama": [settings.ollama_url],
        None: [openai, settings.azure_endpoint],
    }
    return [address for address in wanted.get(settings.provider, []) if address]


async def _refusal(address: str) -> OSError | None:
    try:
        await _connect(address)
    except OSError as error:
        return error
    return None


async def _connect(address: str) -> None:
    url = urlsplit(address)
    host = url.hostname or ""
    proxy = None if proxy_bypass(host) else getproxies().get(url.scheme)
    if proxy:
        url = urlsplit(proxy if "//" in proxy else f"//{proxy}")
    port = url.port or PORTS.get(url.scheme, 80)
    _, writer = await asyncio.open_connection(url.hostname, port)
    writer.close()

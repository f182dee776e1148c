"""Whether Ollama answers, and with which model."""

import httpx

_WAIT_SECONDS = 0.5


async def find_ollama(url: str, wanted: str | None) -> str | None:
    """Return the wanted model's name, or the first one's; None where Ollama does not answer or lacks it."""
    try:
        async with httpx.AsyncClient(timeout=_WAIT_SECONDS, trust_env=False) as client:
            answer = await client.get(f"{url.rstrip('/')}/api/tags")
            names = [str(model["name"]) for model in answer.raise_for_status().json()["models"]]
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return None
    if wanted is None:
        return names[0] if names else None
    return next((name for name in names if wanted in (name, name.removesuffix(":latest"))), None)

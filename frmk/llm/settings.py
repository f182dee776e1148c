"""Which language model is wanted."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

Provider = Literal["openai", "azure", "ollama", "local", "scripted"]
Address = Annotated[str, Field(pattern=r"^https?://\S+$", max_length=2_000)]


class ModelSettings(BaseModel):
    """Say what is configured; with no provider the first that is configured or found answers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: Provider | None = None
    name: str | None = Field(default=None, max_length=200)
    base_url: Address | None = None
    api_key: SecretStr | None = None
    azure_endpoint: Address | None = None
    fallbacks: tuple[str, ...] = ()
    """Further deployments of the Azure endpoint, asked in this order when the first one fails."""
    azure_client_id: str | None = None
    azure_credential: Any = Field(default=None, repr=False)
    """A ready asynchronous token credential; its owner closes it. Without one the model has its own."""
    azure_api_version: str = "2024-10-21"
    ollama_url: Address = "http://127.0.0.1:11434"

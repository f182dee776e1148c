"""Azure OpenAI, by managed identity: no key anywhere."""

from azure.core.credentials_async import AsyncTokenCredential
from azure.identity.aio import DefaultAzureCredential, get_bearer_token_provider
from openai import AsyncAzureOpenAI

from frmk.llm.openai import RETRIES, ChatModel, Closing, http_client

_SCOPE = "https://cognitiveservices.azure.com/.default"


def azure_model(
    *,
    endpoint: str,
    deployment: str,
    api_version: str,
    client_id: str | None,
    credential: AsyncTokenCredential | None = None,
) -> ChatModel:
    """Return the model of a deployment.

    Its tokens come from `credential`, which stays its owner's to close, or else from the identity that the
    environment offers.
    """
    closing: list[Closing] = []
    if credential is None:
        credential = DefaultAzureCredential(managed_identity_client_id=client_id)
        closing.append(credential.close)
    client = AsyncAzureOpenAI(
        azure_endpoint=endpoint,
        azure_deployment=deployment,
        api_version=api_version,
        azure_ad_token_provider=get_bearer_token_provider(credential, _SCOPE),
        max_retries=RETRIES,
        http_client=http_client(endpoint),
    )
    return ChatModel(client, deployment, closing=(client.close, *closing))

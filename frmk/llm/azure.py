"""Azure OpenAI, by managed identity: no key anywhere."""

from azure.identity.aio import DefaultAzureCredential, get_bearer_token_provider
from langchain_openai import AzureChatOpenAI

from frmk.llm.openai import ChatModel, http_client

_SCOPE = "https://cognitiveservices.azure.com/.default"


def azure_model(*, endpoint: str, deployment: str, api_version: str, client_id: str | None) -> ChatModel:
    """Return the model of a deployment; its tokens come from the identity that the environment offers."""
    credential = DefaultAzureCredential(managed_identity_client_id=client_id)
    client = http_client(endpoint)
    chat = AzureChatOpenAI(
        azure_endpoint=endpoint,
        azure_deployment=deployment,
        api_version=api_version,
        azure_ad_async_token_provider=get_bearer_token_provider(credential, _SCOPE),
        stream_usage=True,
        max_retries=1,
        http_async_client=client,
    )
    return ChatModel(chat, deployment, closing=(client.aclose, credential.close))

"""The app's own identity at Azure: one credential, shared by everything that asks for tokens."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential


def azure_credential(client_id: str | None) -> "AsyncTokenCredential":
    """Return the managed identity where the platform offers one, else what a developer is signed in with."""
    from azure.identity.aio import (  # noqa: PLC0415  # half a second of imports, for who has a database
        DefaultAzureCredential,
        ManagedIdentityCredential,
    )

    if "IDENTITY_ENDPOINT" in os.environ:
        return ManagedIdentityCredential(client_id=client_id)
    return DefaultAzureCredential(managed_identity_client_id=client_id)

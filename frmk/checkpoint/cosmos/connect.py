"""Opening the database with an identity or a key; nothing is created and nothing is managed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.pipeline.transport import AioHttpTransport
from azure.cosmos.aio import CosmosClient, DatabaseProxy

from frmk.checkpoint.cosmos.charges import OnCharge, hook

_CONNECT_SECONDS = 5.0
_READ_SECONDS = 30.0
_THROTTLE_RETRIES = 9
_THROTTLE_SECONDS = 30


class _VerifyingTransport(AioHttpTransport):  # type: ignore[misc]
    """Check certificates on localhost too, where azure-cosmos would not."""

    async def send(self, request: Any, **options: Any) -> Any:
        return await super().send(request, **(options | {"connection_verify": True}))


@asynccontextmanager
async def open_database(
    endpoint: str,
    credential: AsyncTokenCredential | str,
    *,
    database: str = "agents",
    on_charge: OnCharge | None = None,
) -> AsyncIterator[DatabaseProxy]:
    """Open a database that exists; `credential` is a managed identity or an account key.

    Certificates are verified against the system's store, or the file that SSL_CERT_FILE named when the
    process started. `on_charge` is told about requests that no store accounts for itself.
    """
    options: dict[str, Any] = {} if on_charge is None else {"raw_response_hook": hook(on_charge, "other")}
    transport = _VerifyingTransport()
    client = CosmosClient(
        endpoint,
        credential,
        transport=transport,
        connection_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retry_throttle_total=_THROTTLE_RETRIES,
        retry_throttle_backoff_max=_THROTTLE_SECONDS,
        **options,
    )
    try:
        async with client:
            yield client.get_database_client(database)
    finally:
        await transport.close()  # a client that fails to open leaves it behind

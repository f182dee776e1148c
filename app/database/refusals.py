"""What the database's refusals mean to whoever deployed the app: code, value seen, next step, in one line."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.cosmos.exceptions import CosmosHttpResponseError

from frmk.errors import StoreError

UNAUTHORIZED, FORBIDDEN, NOT_FOUND = 401, 403, 404
SHOWN = 400
_FIREWALL = "account firewall settings"
DATA_CONTRIBUTOR = "00000000-0000-0000-0000-000000000002"


class DatabaseRefusedError(StoreError):
    """Say why the database cannot be used: `code` is stable, for people and tools to search for."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}", store="cosmos")
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Place:
    """Name a container as people find it, and who asks."""

    endpoint: str
    database: str
    container: str
    client_id: str | None

    def __str__(self) -> str:
        return (
            f"container {self.container!r} of database {self.database!r} at COSMOS_ENDPOINT={self.endpoint}"
        )

    @property
    def identity(self) -> str:
        """Name the identity that asks."""
        return (
            f"the identity AZURE_CLIENT_ID={self.client_id}" if self.client_id else "the signed-in identity"
        )


@contextmanager
def explained(place: Place) -> Iterator[None]:
    """Turn whatever the SDK raises inside into one DatabaseRefusedError."""
    try:
        yield
    except ClientAuthenticationError as error:
        raise _no_token(place, error) from error
    except CosmosHttpResponseError as error:
        raise _answered(place, error) from error
    except (AzureError, TimeoutError, OSError) as error:
        raise _unreachable(place, error) from error


def wrong_key(place: Place, seen: object, expected: str) -> DatabaseRefusedError:
    """Return the refusal of a container that is divided by another key than the code's."""
    return DatabaseRefusedError(
        "CosmosPartitionKey",
        f"{place} has the partition key {seen}, this app needs {expected!r}. A container's partition key "
        "cannot be changed: declare the container with that key (infra/data/cosmos.yaml) under a new name, "
        "or delete it and deploy again",
    )


def no_lifetime(place: Place) -> DatabaseRefusedError:
    """Return the refusal of a container whose items cannot expire although the settings want them to."""
    return DatabaseRefusedError(
        "CosmosTimeToLive",
        f"{place} has time to live off, so SEATRIAL_RETENTION_DAYS would have no effect. Set the container's "
        "defaultTtl to -1 (on, nothing expires by itself)",
    )


def _answered(place: Place, error: CosmosHttpResponseError) -> DatabaseRefusedError:
    status = f"status {error.status_code}" + (f", sub-status {error.sub_status}" if error.sub_status else "")
    said = f"({status}: {_words(error)})"
    if error.status_code == FORBIDDEN and _FIREWALL in _words(error):
        return DatabaseRefusedError(
            "CosmosClosed",
            f"{place} refuses the address that this app comes from {said}. Give the app's network a private "
            "endpoint for the account, and link the zone privatelink.documents.azure.com to it",
        )
    if error.status_code == FORBIDDEN:
        return DatabaseRefusedError(
            "CosmosRoleMissing",
            f"{place.identity} may not read and write {place} {said}. Assign it 'Cosmos DB Built-in Data "
            f"Contributor' ({DATA_CONTRIBUTOR}) at the account, and wait for the role to arrive",
        )
    if error.status_code == UNAUTHORIZED:
        return DatabaseRefusedError(
            "CosmosTokenRefused",
            f"{place} does not believe the token of {place.identity} {said}. Check that the account belongs "
            "to the identity's tenant and that the clock is right",
        )
    if error.status_code == NOT_FOUND:
        return DatabaseRefusedError(
            "CosmosContainerMissing",
            f"there is no {place} {said}. The infrastructure creates it (infra/data/cosmos.yaml); this "
            "app's identity cannot",
        )
    return DatabaseRefusedError(
        "CosmosRefused", f"{place} gave an error {said}. Look at the account's health"
    )


def _no_token(place: Place, error: Exception) -> DatabaseRefusedError:
    return DatabaseRefusedError(
        "CosmosNoToken",
        f"{place.identity} got no token for {place} ({_short(str(error))}). Assign the identity to the app, "
        "and give its client id as AZURE_CLIENT_ID; on a developer's machine sign in with `az login`",
    )


def _unreachable(place: Place, error: Exception) -> DatabaseRefusedError:
    return DatabaseRefusedError(
        "CosmosUnreachable",
        f"{place} does not answer ({_short(str(error) or type(error).__name__)}). Check the address, the "
        "account's firewall and, where it is not Azure's, that SSL_CERT_FILE holds its certificate authority",
    )


def _words(error: CosmosHttpResponseError) -> str:
    """Return what the service said, without the envelope and the ids of the request."""
    text = str(error.http_error_message or error)
    with suppress(ValueError, TypeError, KeyError):
        text = str(json.loads(text)["message"])
    return _short(text.partition("ActivityId:")[0])


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 3]}..."

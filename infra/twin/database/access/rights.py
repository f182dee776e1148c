"""What a caller may do: actions of the data plane, at a database or container."""

from typing import Protocol

from infra.twin.database.calls import Address, Call

_PREFIX = "Microsoft.DocumentDB/databaseAccounts"
_CONTAINERS = f"{_PREFIX}/sqlDatabases/containers"
READ_METADATA = f"{_PREFIX}/readMetadata"
QUERY = f"{_CONTAINERS}/executeQuery"
READ_CHANGES = f"{_CONTAINERS}/readChangeFeed"
READ = f"{_CONTAINERS}/items/read"
CREATE = f"{_CONTAINERS}/items/create"
REPLACE = f"{_CONTAINERS}/items/replace"
UPSERT = f"{_CONTAINERS}/items/upsert"
DELETE = f"{_CONTAINERS}/items/delete"

BATCH_ACTIONS = {
    "Create": CREATE,
    "Upsert": UPSERT,
    "Replace": REPLACE,
    "Patch": REPLACE,
    "Read": READ,
    "Delete": DELETE,
}


class Rights(Protocol):
    """Decide about one caller."""

    def demand(self, action: str, address: Address) -> None:
        """Raise CosmosProblem 403 when the caller may not do this there."""
        ...

    def demand_management(self, call: Call) -> None:
        """Raise CosmosProblem 403 when the caller may not create or change databases and containers."""
        ...


class Everything(Rights):
    """Permit everything, as an account's key does."""

    def demand(self, action: str, address: Address) -> None:
        """Permit it."""

    def demand_management(self, call: Call) -> None:
        """Permit it."""


class Door(Protocol):
    """Find out who is calling."""

    def enter(self, call: Call, address: Address) -> Rights:
        """Return the caller's rights; raise CosmosProblem 401 or 403 when it is not known."""
        ...

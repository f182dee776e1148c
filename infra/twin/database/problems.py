"""Refusals of the database, in the service's words."""

from collections.abc import Mapping

_CODES = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    409: "Conflict",
    410: "Gone",
    412: "PreconditionFailed",
    413: "RequestEntityTooLarge",
    424: "FailedDependency",
    429: "TooManyRequests",
    500: "InternalServerError",
    507: "InsufficientStorage",
}

PARTITION_KEY_MISMATCH = 1001
READ_SESSION_NOT_AVAILABLE = 1002
RANGE_GONE = 1002
OWNER_NOT_FOUND = 1003
CROSS_PARTITION_QUERY_NOT_SERVABLE = 1004
CONTAINER_CHANGED = 1024
THROTTLED = 3200
TOKEN_FOR_ANOTHER_AUDIENCE = 5008
LOCAL_AUTH_DISABLED = 5202
NOT_FOR_TOKENS = 5300
NOT_PERMITTED = 5301


class CosmosProblem(Exception):  # noqa: N818 - an answer in the making, caught by the gateway alone
    """Refuse a request with a status, the service's message and its sub status."""

    def __init__(
        self, status: int, message: str, *, sub_status: int = 0, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.sub_status = sub_status
        self.headers = dict(headers or {})
        self.charge = 1.0

    @property
    def code(self) -> str:
        """Return the service's name of the status."""
        return _CODES.get(self.status, "BadRequest")


def invalid(message: str, *, sub_status: int = 0) -> CosmosProblem:
    """Return the refusal of a request that is not well formed."""
    return CosmosProblem(400, message, sub_status=sub_status)


def not_found() -> CosmosProblem:
    """Return the answer for an item, container or database that does not exist."""
    return CosmosProblem(
        404, "Entity with the specified id does not exist in the system. " + _learn("cosmosdb-tsg-not-found")
    )


def owner_not_found() -> CosmosProblem:
    """Return the answer for anything below a database or container that does not exist."""
    return CosmosProblem(
        404, "Owner resource does not exist. " + _learn("cosmosdb-tsg-not-found"), sub_status=OWNER_NOT_FOUND
    )


def conflict() -> CosmosProblem:
    """Return the answer to the creation of what exists."""
    return CosmosProblem(409, "Entity with the specified id already exists in the system.")


def precondition_failed() -> CosmosProblem:
    """Return the answer when an ETag condition does not hold."""
    return CosmosProblem(
        412,
        "One of the specified pre-condition is not met. " + _learn("CosmosDB/sql/errors/precondition-failed"),
    )


def too_large() -> CosmosProblem:
    """Return the answer to an item or request over the service's limit."""
    return CosmosProblem(413, "Request size is too large")


def not_rehearsed(what: str) -> CosmosProblem:
    """Return the refusal of an operation that this database does not have."""
    return CosmosProblem(405, f"this twin does not rehearse {what}; run it against an account in Azure")


def _learn(page: str) -> str:
    return f"Learn more: https://aka.ms/{page}"

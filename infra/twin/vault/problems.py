"""Refusals of a vault, in Key Vault's words."""

from typing import Any


class VaultProblem(Exception):  # noqa: N818 - an answer in the making, caught by the endpoint alone
    """Refuse a request; `inner` is the code that says more than the first."""

    def __init__(self, status: int, code: str, message: str, inner: str | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.inner = inner

    def wire(self) -> dict[str, Any]:
        """Return the error as the service writes it."""
        body: dict[str, Any] = {"code": self.code, "message": self.message}
        return {"error": {**body, "innererror": {"code": self.inner}} if self.inner else body}


def secret_not_found(name: str, *, deleted: bool = False) -> VaultProblem:
    """Return the answer to a secret that was never set, or is not among the deleted ones."""
    if deleted:
        return VaultProblem(404, "SecretNotFound", f"Deleted Secret not found: {name}")
    return VaultProblem(
        404,
        "SecretNotFound",
        f"A secret with (name/id) {name} was not found in this key vault. If you recently deleted this "
        "secret you may be able to recover it using the correct recovery command. For help resolving this "
        "issue, please see https://go.microsoft.com/fwlink/?linkid=2125182",
    )


def name_held(name: str) -> VaultProblem:
    """Return the answer to setting a secret whose deleted namesake can be recovered."""
    message = (
        f"Secret {name} is currently in a deleted but recoverable state, and its name cannot be reused; in "
        "this state, the secret can only be recovered or purged."
    )
    return VaultProblem(409, "Conflict", message, "ObjectIsDeletedButRecoverable")


def disabled() -> VaultProblem:
    """Return the answer to reading a value that is turned off."""
    return VaultProblem(
        403, "Forbidden", "Operation get is not allowed on a disabled secret.", "SecretDisabled"
    )


def bad_parameter(message: str) -> VaultProblem:
    """Return the answer to a request that the service cannot read."""
    return VaultProblem(400, "BadParameter", message)


def not_purged() -> VaultProblem:
    """Return the answer to purging in a vault with purge protection."""
    message = 'Operation "purge" is not enabled for this vault.'
    return VaultProblem(403, "Forbidden", message, "PurgeProtectionEnabled")

"""Which vault is a stack's, and who speaks to it: the twin's operator, or whoever is signed in to Azure."""

import ssl
from pathlib import Path

import httpx

from infra.release.engine import Engine
from infra.twin.client import TwinAddress, TwinClient
from infra.twin.vault import waiting
from infra.twin.vault.problems import VaultProblem
from infra.vault.client import AUDIENCE, VaultClient, VaultError

OUTPUT = "endpointVault"
_TIMEOUT_SECONDS = 30.0
_IDENTITY_VERSION = "2019-08-01"
_DECLARE = "Set `vault: true` in the stack file, or refer to a secret in app.secrets, and deploy the stack."


def in_twin(state: Path, stack: str) -> tuple[str, VaultClient]:
    """Return a stack's vault on its running twin, and a client of it.

    Raises VaultError and TwinUnreachableError.
    """
    address = TwinAddress.read(state)
    with TwinClient(address, _TIMEOUT_SECONDS) as twin:
        vaults: dict[str, str] = twin.status().get("vaults", {})
    if len(vaults) != 1:
        found = ", ".join(sorted(vaults)) or "none"
        raise VaultError(f"the twin of {stack} has not one vault but: {found}", _DECLARE)
    ((name, url),) = vaults.items()
    trust = ssl.create_default_context(cafile=address.trust_file)
    http = httpx.Client(base_url=url, verify=trust, trust_env=False, timeout=_TIMEOUT_SECONDS)
    return f"{name} on the twin", VaultClient(http, lambda: _operator_token(address))


def for_next_twin(state: Path, name: str, value: str) -> str:
    """Keep a value for the vault of a stack's next twin, and return its version; raise VaultError."""
    try:
        return waiting.keep(state, name, value)
    except VaultProblem as problem:
        raise VaultError(f"{problem.code}: {problem.message}") from problem


def in_azure(engine: Engine, stack: str) -> tuple[str, VaultClient]:
    """Return a stack's vault in Azure, and a client of it; raise EngineError and VaultError."""
    url = str(engine.outputs(stack).get(OUTPUT) or "").rstrip("/")
    if not url.startswith("https://"):
        raise VaultError(f"stack {stack!r} has no output {OUTPUT}: its deployment has no vault", _DECLARE)
    http = httpx.Client(base_url=url, timeout=_TIMEOUT_SECONDS)
    return f"{httpx.URL(url).host} in Azure", VaultClient(http, _own_token)


def _operator_token(address: TwinAddress) -> str:
    answer = httpx.get(
        address.identity_endpoint,
        params={"api-version": _IDENTITY_VERSION, "resource": AUDIENCE},
        headers={"X-IDENTITY-HEADER": address.operator_identity_header},
        timeout=_TIMEOUT_SECONDS,
        trust_env=False,
    )
    return str(answer.raise_for_status().json()["access_token"])


def _own_token() -> str:
    # Loaded here: the twin's vault is used far more often, and this import takes a second.
    from azure.core.exceptions import ClientAuthenticationError  # noqa: PLC0415
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415

    try:
        with DefaultAzureCredential() as credential:
            return credential.get_token(f"{AUDIENCE}/.default").token
    except ClientAuthenticationError as error:
        raise VaultError("nobody is signed in to Azure here", "Sign in with `az login`.") from error

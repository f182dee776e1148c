"""How a container app reads a secret by reference: as its identity, over the vault's own interface."""

import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp

from infra.findings.model import Finding
from infra.twin.arm.behaviour import ArmProblem
from infra.twin.identity.endpoint import IdentityEndpoint
from infra.twin.network.problems import CODE as NO_WAY
from infra.twin.network.problems import FIX as NO_WAY_FIX
from infra.twin.platform import SecretReference, SecretValue
from infra.twin.vault.access import AUDIENCE

ROLE_MISSING = "ST029"
SECRET_MISSING = "ST030"  # noqa: S105 - a finding's code
_API_VERSION = "7.4"
_FORBIDDEN, _UNKNOWN = 403, 404
_CLOSED = "Public network access is disabled"


@dataclass(frozen=True, kw_only=True)
class VaultReader:
    """Read values for container apps; implements SecretSource."""

    identities: IdentityEndpoint
    http: aiohttp.ClientSession
    addresses: Callable[[], dict[str, str]]
    trust: Callable[[], ssl.SSLContext]

    def knows(self, reference: SecretReference) -> bool:
        """Say whether a reference is to a vault of this twin, by an identity that it can act as."""
        place = urlsplit(reference.url)
        vault = f"{place.scheme}://{place.netloc}"
        return vault in self.addresses().values() and reference.identity.startswith("/")

    async def read(self, app: str, reference: SecretReference) -> SecretValue:
        """Return a secret's value; raise ArmProblem in Container Apps' words, with the vault's own beside."""
        principal = self.identities.principal(reference.identity)
        token = self.identities.directory.issue(principal, AUDIENCE)[0] if principal else ""
        try:
            async with self.http.get(
                reference.url,
                params={"api-version": _API_VERSION},
                headers={"Authorization": f"Bearer {token}"},
                ssl=self.trust(),
            ) as answer:
                body = json.loads(await answer.read())
        except (aiohttp.ClientError, ValueError, TimeoutError) as error:
            raise _refused(app, reference, 0, f"the vault does not answer: {type(error).__name__}") from error
        if answer.ok:
            return SecretValue(value=str(body["value"]), version=str(body["id"]).rpartition("/")[2])
        message = " ".join(str((body.get("error") or {}).get("message", "")).split())
        raise _refused(app, reference, answer.status, message)


def _refused(app: str, reference: SecretReference, status: int, said: str) -> ArmProblem:
    name, identity = reference.name, reference.identity
    message = (
        "The following field(s) are either invalid or missing. Field 'configuration.secrets' is invalid with "
        f'details: \'Invalid value: "{name}": Unable to get value using Managed identity {identity} for '
        f"secret {name}. Error: unable to fetch secret '{name}' using Managed identity '{identity}'';."
    )
    code, fix = _diagnosis(reference, status, said)
    finding = Finding(code=code, resource=app, message=f"{message} Key Vault said: {said}", fix=fix)
    return ArmProblem(
        400,
        "InvalidParameterValueInContainerTemplate",
        message,
        target="configuration.secrets",
        finding=finding,
    )


def _diagnosis(reference: SecretReference, status: int, said: str) -> tuple[str, str]:
    stored = urlsplit(reference.url).path.split("/")[2]
    if status == _FORBIDDEN and said.startswith(_CLOSED):
        return NO_WAY, NO_WAY_FIX
    if status == _FORBIDDEN and "disabled" not in said:
        return ROLE_MISSING, (
            "Give the identity Key Vault Secrets User (4633458b-17de-408a-b874-0445c86b69e6) at the vault, "
            "and let the app depend on the assignment."
        )
    if status == _FORBIDDEN:
        return (
            SECRET_MISSING,
            f"Set it again with `seatrial secret set {stored}`: its last value is disabled.",
        )
    if status == _UNKNOWN:
        return SECRET_MISSING, f"Set it with `seatrial secret set {stored}`, then run `up` again."
    return SECRET_MISSING, "Look at the vault's line in the twin's log, and run `up` again."

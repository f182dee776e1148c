"""Pulling as Container Apps does it: the identity's token, ACR's exchange, then the manifest."""

from dataclasses import dataclass
from urllib.parse import urlencode

import aiohttp

from infra.findings.model import Finding
from infra.twin.arm.behaviour import ArmProblem
from infra.twin.identity.endpoint import IdentityEndpoint
from infra.twin.journal import Journal
from infra.twin.network import problems
from infra.twin.platform import PulledImage
from infra.twin.registry.access import AUDIENCES, LOGIN_USER, RegistryAccess
from infra.twin.registry.distribution import Distribution

_MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, "
    "application/vnd.docker.distribution.manifest.v2+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json"
)
_INVALID = "The following field(s) are either invalid or missing. Invalid value: "


@dataclass(frozen=True, kw_only=True)
class RegistryPuller:
    """Implement Puller over the twin's own HTTP endpoints."""

    access: RegistryAccess
    distribution: Distribution
    identities: IdentityEndpoint
    journal: Journal
    http: aiohttp.ClientSession

    async def pull(self, image_ref: str, identity_resource_id: str | None) -> PulledImage:
        """Return the evidence of an authorised pull; raise ArmProblem as Puller says."""
        server, repository, reference = split_reference(image_ref)
        if server != self.access.login_server:
            return PulledImage(
                reference=image_ref, repository=repository, digest=None, identity=None, login=None
            )
        try:
            pulled = await self._pull(image_ref, repository, reference, identity_resource_id)
        except ArmProblem as problem:
            self.journal.pulled(image_ref, identity_resource_id, refusal=problem.message)
            raise
        self.journal.pulled(image_ref, identity_resource_id, digest=pulled.digest)
        for registry in self.access.registries():
            self.journal.settle(registry.id.path, "ST005")
            self.journal.settle(registry.id.path, problems.CODE)
        return pulled

    async def _pull(
        self, image_ref: str, repository: str, reference: str, identity_id: str | None
    ) -> PulledImage:
        refresh = await self._refresh_token(image_ref, identity_id)
        access = await self._access_token(image_ref, repository, refresh, identity_id)
        digest = None
        if self.distribution.rehearsed:
            digest = await self._manifest(image_ref, repository, reference, access)
        login = (LOGIN_USER, refresh)
        return PulledImage(
            reference=image_ref, repository=repository, digest=digest, identity=identity_id, login=login
        )

    async def _refresh_token(self, image_ref: str, identity_id: str | None) -> str:
        principal = None if identity_id is None else self.identities.principal(identity_id)
        if principal is None:
            return ""
        token, _ = self.identities.directory.issue(principal, AUDIENCES[0])
        form = {"grant_type": "access_token", "service": self.access.login_server, "access_token": token}
        async with self.http.post(f"http://{self.access.login_server}/oauth2/exchange", data=form) as answer:
            if answer.status == 403:  # noqa: PLR2004 - HTTP
                raise self._closed(image_ref, (await answer.json())["errors"][0])
            if answer.status != 200:  # noqa: PLR2004 - HTTP
                raise self._absent(image_ref, f"there is no registry {self.access.login_server}")
            return str((await answer.json())["refresh_token"])

    async def _access_token(
        self, image_ref: str, repository: str, refresh: str, identity_id: str | None
    ) -> str:
        scope = f"repository:{repository}:pull"
        form = {
            "grant_type": "refresh_token",
            "service": self.access.login_server,
            "scope": scope,
            "refresh_token": refresh,
        }
        async with self.http.post(f"http://{self.access.login_server}/oauth2/token", data=form) as answer:
            if answer.status != 200:  # noqa: PLR2004 - HTTP
                raise self._refused(image_ref, scope, identity_id)
            return str((await answer.json())["access_token"])

    async def _manifest(self, image_ref: str, repository: str, reference: str, access: str) -> str:
        url = f"http://{self.access.login_server}/v2/{repository}/manifests/{reference}"
        headers = {"Accept": _MANIFESTS, "Authorization": f"Bearer {access}"}
        async with self.http.head(url, headers=headers) as answer:
            if answer.status != 200:  # noqa: PLR2004 - HTTP
                raise self._absent(image_ref, "MANIFEST_UNKNOWN: manifest unknown")
            return str(answer.headers["Docker-Content-Digest"])

    def _refused(self, image_ref: str, scope: str, identity_id: str | None) -> ArmProblem:
        server = self.access.login_server
        query = urlencode({"scope": scope, "service": server})
        reason = (
            f"GET http://{server}/oauth2/token?{query}: UNAUTHORIZED: authentication required, "
            "visit https://aka.ms/acr/authorization for more information."
        )
        registry = next((found.id.path for found in self.access.registries()), server)
        who = f"the identity {identity_id}" if identity_id else "the app without a registry identity"
        finding = Finding(
            code="ST005",
            resource=registry,
            message=f"{reason} {image_ref} is not pulled: {who} has no AcrPull at this registry or above.",
            fix="assign AcrPull (7f951dda-4ed3-4680-a7ca-43fe172d538d) at the registry to "
            "the identity named in "
            "configuration.registries, and make the app depend on the assignment",
        )
        return ArmProblem(
            400,
            "InvalidParameterValueInContainerTemplate",
            f'{_INVALID}"{image_ref}": {reason}',
            finding=finding,
        )

    def _closed(self, image_ref: str, error: dict[str, str]) -> ArmProblem:
        registry = next((found.id.path for found in self.access.registries()), self.access.login_server)
        reason = f"{error['code']}: {error['message']}"
        return ArmProblem(
            400,
            "InvalidParameterValueInContainerTemplate",
            f'{_INVALID}"{image_ref}": {reason}',
            finding=problems.closed(registry, reason, error["detail"]),
        )

    def _absent(self, image_ref: str, reason: str) -> ArmProblem:
        finding = Finding(
            code="ST024",
            resource=image_ref,
            message=f"{image_ref} is not in the registry: {reason}",
            fix="deploy once with the image built (`seatrial image build`), or correct the "
            "digest in the stack file",
        )
        return ArmProblem(
            400,
            "InvalidParameterValueInContainerTemplate",
            f'{_INVALID}"{image_ref}": {reason}',
            finding=finding,
        )


def split_reference(image_ref: str) -> tuple[str, str, str]:
    """Return server, repository and tag or digest of an image reference."""
    name, _, digest = image_ref.partition("@")
    head, _, tag = name.rpartition(":")
    if not head or "/" in tag:
        head, tag = name, ""
    server, _, repository = head.partition("/")
    if not repository or not ("." in server or ":" in server or server == "localhost"):
        server, repository = "docker.io", head
    return server, repository, digest or tag or "latest"

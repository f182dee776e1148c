"""The registry as a client sees it: log in with an Entra token, look a manifest up.

The exchange is ACR's: an Entra access token becomes a refresh token at `/oauth2/exchange`, which
`docker login` accepts as the password of the user 00000000-0000-0000-0000-000000000000
(https://github.com/Azure/acr/blob/main/docs/AAD-OAuth.md).
"""

from dataclasses import dataclass

import httpx

from infra.image.errors import RegistryError

LOGIN_USER = "00000000-0000-0000-0000-000000000000"
TOKEN_SCOPE = "https://containerregistry.azure.net/.default"  # noqa: S105  # a scope, not a secret
MANIFEST_TYPES = (
    "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, "
    "application/vnd.docker.distribution.manifest.v2+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json"
)
TIMEOUT = httpx.Timeout(30, connect=5)


def is_local(login_server: str) -> bool:
    """Say whether a registry is on this machine, where images travel without TLS."""
    return login_server.split(":", maxsplit=1)[0] in {"localhost", "127.0.0.1"}


@dataclass(frozen=True, kw_only=True)
class Registry:
    """Reach one registry with a refresh token."""

    login_server: str
    refresh_token: str

    @classmethod
    def login(cls, login_server: str, entra_token: str) -> "Registry":
        """Exchange an Entra token for a registry session; raise RegistryError when it is refused."""
        body = {"grant_type": "access_token", "service": login_server, "access_token": entra_token}
        reply = _request("POST", login_server, "/oauth2/exchange", data=body)
        if reply.status_code != httpx.codes.OK:
            raise RegistryError(_refusal(login_server, "log in to", reply))
        return cls(login_server=login_server, refresh_token=reply.json()["refresh_token"])

    def find(self, repository: str, reference: str) -> str | None:
        """Return the digest behind a tag, or None when the registry has no such manifest."""
        headers = {"Accept": MANIFEST_TYPES, "Authorization": f"Bearer {self.access(repository, 'pull')}"}
        path = f"/v2/{repository}/manifests/{reference}"
        reply = _request("HEAD", self.login_server, path, headers=headers)
        if reply.status_code == httpx.codes.NOT_FOUND:
            return None
        if reply.status_code != httpx.codes.OK:
            raise RegistryError(_refusal(self.login_server, f"look up {repository}:{reference} in", reply))
        return reply.headers["Docker-Content-Digest"]

    def access(self, repository: str, actions: str) -> str:
        """Return a token for `pull` or `pull,push` of one repository; raise RegistryError when refused."""
        body = {
            "grant_type": "refresh_token",
            "service": self.login_server,
            "scope": f"repository:{repository}:{actions}",
            "refresh_token": self.refresh_token,
        }
        reply = _request("POST", self.login_server, "/oauth2/token", data=body)
        if reply.status_code != httpx.codes.OK:
            raise RegistryError(_refusal(self.login_server, f"get a token for {repository} from", reply))
        return str(reply.json()["access_token"])


def _request(
    method: str,
    login_server: str,
    path: str,
    *,
    headers: dict[str, str] | None = None,
    data: dict[str, str] | None = None,
) -> httpx.Response:
    scheme = "http" if is_local(login_server) else "https"
    url = f"{scheme}://{login_server}{path}"
    try:
        return httpx.request(
            method,
            url,
            headers=headers,
            data=data,
            timeout=TIMEOUT,
            trust_env=scheme == "https",
        )
    except httpx.HTTPError as failure:
        raise RegistryError(f"no answer from the registry {login_server}: {failure}") from failure


def _refusal(login_server: str, what: str, reply: httpx.Response) -> str:
    return (
        f"could not {what} the registry {login_server}: HTTP {reply.status_code} {reply.text[:300]}; "
        "the signed-in identity needs AcrPush on it"
    )

"""The directory's public face: OpenID metadata and keys, under /authority."""

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from infra.twin.identity.tokens import Directory


@dataclass(frozen=True)
class Authority:
    """Publish what verifiers of tokens read; `base` is the authority's URL as they know it."""

    directory: Directory
    base: Callable[[], str]

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes."""
        return [
            web.get("/authority/{tenant}/v2.0/.well-known/openid-configuration", self._metadata),
            web.get("/authority/{tenant}/.well-known/openid-configuration", self._metadata),
            web.get("/authority/{tenant}/discovery/v2.0/keys", self._keys),
            web.get("/authority/{tenant}/discovery/keys", self._keys),
        ]

    async def _metadata(self, request: web.Request) -> web.Response:
        tenant = request.match_info["tenant"]
        here = f"http://{request.host}/authority/{tenant}"
        return web.json_response(
            {
                "issuer": f"{self.base()}/{tenant}/v2.0",
                "jwks_uri": f"{here}/discovery/v2.0/keys",
                "token_endpoint": f"{here}/oauth2/v2.0/token",
                "authorization_endpoint": f"{here}/oauth2/v2.0/authorize",
                "response_types_supported": ["code", "id_token"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        )

    async def _keys(self, _request: web.Request) -> web.Response:
        return web.json_response(self.directory.key.jwks)

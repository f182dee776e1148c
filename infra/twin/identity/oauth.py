"""Signing in as Entra ID has it: OpenID and instance discovery, and tokens for client credentials."""

import base64
import binascii
import hashlib
import hmac
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from aiohttp import web
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from infra.twin.identity.keys import SigningKey
from infra.twin.identity.tokens import LIFETIME_SECONDS, Directory, Principal

_ANY = frozenset({"common", "organizations"})
_GUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_TENANT = f"/{{tenant:{_GUID}|common|organizations}}"


def secret_of(key: SigningKey, client_id: str) -> str:
    """Return the secret with which a client signs in: the same at every start of a twin."""
    private = key.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    digest = hmac.new(private, f"client secret of {client_id}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass(frozen=True, kw_only=True)
class OAuth:
    """Serve the directory beside ARM, at the root of its address; the operator is the one client."""

    directory: Directory
    operator: Principal
    secret: str

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes."""
        return [
            web.get("/common/discovery/instance", self._instance),
            web.get(f"{_TENANT}/v2.0/.well-known/openid-configuration", self._metadata),
            web.get(f"{_TENANT}/.well-known/openid-configuration", self._metadata),
            web.get(f"{_TENANT}/discovery/v2.0/keys", self._keys),
            web.get(f"{_TENANT}/discovery/keys", self._keys),
            web.post(f"{_TENANT}/oauth2/v2.0/token", self._token),
            web.post(f"{_TENANT}/oauth2/token", self._token),
        ]

    async def _instance(self, request: web.Request) -> web.Response:
        here = f"{_base(request)}/{self.directory.tenant}"
        aliases = {"preferred_network": request.host, "preferred_cache": request.host}
        return web.json_response(
            {
                "tenant_discovery_endpoint": f"{here}/v2.0/.well-known/openid-configuration",
                "api-version": "1.1",
                "metadata": [{**aliases, "aliases": [request.host]}],
            }
        )

    async def _metadata(self, request: web.Request) -> web.Response:
        tenant = request.match_info["tenant"]
        if not self._is_own(tenant):
            return _no_tenant(tenant)
        here = f"{_base(request)}/{tenant}"
        return web.json_response(
            {
                "issuer": f"{_base(request)}/{self.directory.tenant}/v2.0",
                "jwks_uri": f"{here}/discovery/v2.0/keys",
                "token_endpoint": f"{here}/oauth2/v2.0/token",
                "authorization_endpoint": f"{here}/oauth2/v2.0/authorize",
                "device_authorization_endpoint": f"{here}/oauth2/v2.0/devicecode",
                "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
                "response_types_supported": ["code", "id_token"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        )

    async def _keys(self, _request: web.Request) -> web.Response:
        return web.json_response(self.directory.key.jwks)

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        tenant = request.match_info["tenant"]
        if not self._is_own(tenant):
            return _no_tenant(tenant)
        if form.get("grant_type") != "client_credentials":
            grant = form.get("grant_type")
            message = f"AADSTS70003: The app requested an unsupported grant type '{grant}'."
            return _refused(400, "unsupported_grant_type", message)
        audience = _audience(form)
        if not audience:
            message = "AADSTS90014: The required field 'scope' is missing from the credential."
            return _refused(400, "invalid_request", message)
        return self._granted(request, form, audience)

    def _granted(self, request: web.Request, form: Mapping[str, str], audience: str) -> web.Response:
        client, secret = _credentials(request, form)
        if client.lower() != self.operator.client_id:
            message = (
                f"AADSTS700016: Application with identifier '{client}' was not found in the directory "
                f"'{self.directory.tenant}': twin.json names the one that signs in."
            )
            return _refused(400, "unauthorized_client", message)
        if not secrets.compare_digest(secret.encode(), self.secret.encode()):
            message = (
                "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request "
                f"is the client secret value, for app '{client}': twin.json has it."
            )
            return _refused(401, "invalid_client", message)
        token, expires = self.directory.issue(self.operator, audience)
        body = {"token_type": "Bearer", "access_token": token, "resource": audience}
        times = {"expires_in": LIFETIME_SECONDS, "ext_expires_in": LIFETIME_SECONDS, "expires_on": expires}
        return web.json_response({**body, **times})

    def _is_own(self, tenant: str) -> bool:
        return tenant.lower() in _ANY | {self.directory.tenant.lower()}


def _audience(form: Mapping[str, str]) -> str:
    scopes = [
        scope for scope in form.get("scope", "").split() if "/" in scope and scope.endswith("/.default")
    ]
    return scopes[0].removesuffix("/.default") if scopes else form.get("resource", "")


def _credentials(request: web.Request, form: Mapping[str, str]) -> tuple[str, str]:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        client, _, secret = base64.b64decode(given, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return unquote_plus(client), unquote_plus(secret)


def _base(request: web.Request) -> str:
    return f"{request.scheme}://{request.host}"


def _no_tenant(tenant: str) -> web.Response:
    message = f"AADSTS90002: Tenant '{tenant}' not found. The twin has one tenant; see its subscription."
    return _refused(400, "invalid_tenant", message)


def _refused(status: int, error: str, message: str) -> web.Response:
    numbers = [int(message.removeprefix("AADSTS").partition(":")[0])]
    body: dict[str, Any] = {"error": error, "error_description": message, "error_codes": numbers}
    return web.json_response({**body, "correlation_id": str(uuid.uuid4())}, status=status)

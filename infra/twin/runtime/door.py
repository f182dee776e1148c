"""The sign-in of Container Apps in front of an app: who comes without a token gets no further."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from infra.twin.arm.behaviour import ResourceStore
from infra.twin.identity.tokens import Directory, InvalidTokenError

LOGIN = "/.auth/login/aad"
# What only the sign-in may say of a caller: taken off every request before it is passed on.
CLAIMED = "x-ms-client-principal"
_ANONYMOUS = "AllowAnonymous"

Entry = web.Response | Mapping[str, str]
"""An answer in the app's place, or the headers with which the request is passed on."""
Door = Callable[[web.BaseRequest], Entry]


def ajar(_: web.BaseRequest) -> Entry:
    """Let in whoever comes, with nothing to say of them."""
    return {}


@dataclass(frozen=True)
class SignIn:
    """Keep the door of one app as its authConfigs say, read anew for every request."""

    app_id: str
    state: ResourceStore
    directory: Directory

    def __call__(self, request: web.BaseRequest) -> Entry:
        """Return the answer for a stranger, or what the app is told of the caller."""
        found = self.state.get(f"{self.app_id}/authConfigs/current")
        settings = found.properties if found else {}
        if not (settings.get("platform") or {}).get("enabled"):
            return {}
        provider = (settings.get("identityProviders") or {}).get("azureActiveDirectory") or {}
        if request.path.startswith(LOGIN):
            return _to_the_provider(request, provider.get("registration") or {})
        claims = self._claims(request, provider)
        if claims is not None:
            return _told(claims)
        return _refusal(request, settings.get("globalValidation") or {})

    def _claims(self, request: web.BaseRequest, provider: dict[str, Any]) -> dict[str, Any] | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        registration = provider.get("registration") or {}
        client = str(registration.get("clientId") or "")
        allowed = (provider.get("validation") or {}).get("allowedAudiences") or ()
        if scheme.lower() != "bearer" or not client:
            return None
        try:
            claims = self.directory.verify(token, (client, *allowed))
        except InvalidTokenError:
            return None
        issuer = str(registration.get("openIdIssuer") or "")
        return claims if not issuer or claims.get("iss") == issuer else None


def _refusal(request: web.BaseRequest, validation: dict[str, Any]) -> Entry:
    action = validation.get("unauthenticatedClientAction") or _ANONYMOUS
    if action == _ANONYMOUS or request.path in (validation.get("excludedPaths") or ()):
        return {}
    # A program, told by its User-Agent, gets 401 (https://github.com/microsoft/azure-container-apps/issues/1193).
    browser = "mozilla" in request.headers.get("User-Agent", "").lower()
    if action == "RedirectToLoginPage" and browser:
        back = urlencode({"post_login_redirect_uri": request.raw_path})
        return web.Response(status=302, headers={"Location": f"{LOGIN}?{back}"})
    if action == "Return403":
        return web.Response(status=403)
    return web.Response(status=401, headers={"WWW-Authenticate": f'Bearer realm="{request.host}"'})


def _to_the_provider(request: web.BaseRequest, registration: dict[str, Any]) -> web.Response:
    """Send a browser to sign in, as Azure does; the twin has no page that it could sign in at."""
    issuer = str(registration.get("openIdIssuer") or "").rstrip("/").removesuffix("/v2.0")
    wanted = {
        "response_type": "code id_token",
        "redirect_uri": f"https://{request.host}{LOGIN}/callback",
        "client_id": registration.get("clientId") or "",
        "scope": "openid profile email",
        "response_mode": "form_post",
    }
    location = f"{issuer}/oauth2/v2.0/authorize?{urlencode(wanted)}"
    return web.Response(status=302, headers={"Location": location})


def _told(claims: dict[str, Any]) -> dict[str, str]:
    listed = [{"typ": name, "val": str(value)} for name, value in claims.items()]
    principal = {"auth_typ": "aad", "claims": listed}
    return {
        "X-MS-CLIENT-PRINCIPAL-ID": str(claims.get("oid") or claims.get("sub") or ""),
        "X-MS-CLIENT-PRINCIPAL-NAME": str(claims.get("preferred_username") or claims.get("sub") or ""),
        "X-MS-CLIENT-PRINCIPAL-IDP": "aad",
        "X-MS-CLIENT-PRINCIPAL": base64.b64encode(json.dumps(principal).encode()).decode(),
    }

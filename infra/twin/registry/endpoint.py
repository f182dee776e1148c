"""The registry's front: the token endpoints, and a streaming proxy to the registry behind it."""

import base64
import binascii
import logging
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from infra.twin.registry.access import (
    LOGIN_USER,
    AccessDeniedError,
    AddressRefusedError,
    RegistryAccess,
)
from infra.twin.registry.distribution import Distribution, RegistryUnavailableError
from infra.twin.relay import relay

_log = logging.getLogger(__name__)

_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "upgrade"}
    | {"transfer-encoding", "host"}
)
_IDLE_SECONDS = 300.0
NOT_ALLOWED = (
    "client with IP '127.0.0.1' is not allowed access. Refer https://aka.ms/acr/firewall to grant access."
)
_NEED_HELP = "authentication required, visit https://aka.ms/acr/authorization for more information."


@dataclass(frozen=True, kw_only=True)
class RegistryEndpoint:
    """Serve one login server."""

    access: RegistryAccess
    distribution: Distribution
    http: aiohttp.ClientSession

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes."""
        return [
            web.post("/oauth2/exchange", self._exchange),
            web.post("/oauth2/token", self._token_by_form),
            web.get("/oauth2/token", self._token_by_password),
            web.route("*", "/v2/{path:.*}", self._proxy),
        ]

    async def _exchange(self, request: web.Request) -> web.Response:
        form = await request.post()
        if form.get("grant_type") not in {"access_token", "access_token_refresh_token"}:
            return _errors(400, "UNSUPPORTED", f"grant_type {form.get('grant_type')!r} is not supported")
        try:
            token = self.access.exchange(str(form.get("access_token", "")))
        except AccessDeniedError as denied:
            return _denied(denied)
        except AddressRefusedError as refused:
            return _errors(403, "DENIED", NOT_ALLOWED, str(refused))
        return web.json_response({"refresh_token": token})

    async def _token_by_form(self, request: web.Request) -> web.Response:
        form = await request.post()
        by_password = form.get("grant_type") == "password" and form.get("username") == LOGIN_USER
        secret = str(form.get("password" if by_password else "refresh_token", ""))
        scopes = [str(scope) for scope in form.getall("scope", [])]
        return self._issue(secret, scopes, {"refresh_token": secret})

    async def _token_by_password(self, request: web.Request) -> web.Response:
        return self._issue(_password(request), request.query.getall("scope", []), {})

    def _issue(self, refresh_token: str, scopes: list[str], extra: Mapping[str, str]) -> web.Response:
        try:
            token = self.access.access_token(refresh_token, scopes)
        except AccessDeniedError as denied:
            return _denied(denied)
        return web.json_response({"access_token": token, "token": token, "expires_in": 3600, **extra})

    async def _proxy(self, request: web.Request) -> web.StreamResponse:
        try:
            base = await self.distribution.address()
        except RegistryUnavailableError as error:
            return self._without_registry(request, str(error))
        headers = _forwarded(request.headers)
        headers["Host"] = self.access.login_server
        headers["X-Forwarded-Proto"] = "http"
        try:
            async with self.http.request(
                request.method,
                f"{base}{request.raw_path}",
                headers=headers,
                data=request.content if request.can_read_body else None,
                allow_redirects=False,
                skip_auto_headers=("Accept", "User-Agent", "Content-Type"),
                timeout=aiohttp.ClientTimeout(total=None, sock_read=_IDLE_SECONDS),
            ) as answer:
                return await relay(request, answer, _forwarded(answer.headers))
        except aiohttp.ClientError as error:
            _log.warning("registry: %s %s: %s", request.method, request.path, error)
            return _errors(502, "UNAVAILABLE", f"the registry behind the twin broke off: {error}")

    def _without_registry(self, request: web.Request, reason: str) -> web.Response:
        bearer = request.headers.get("Authorization", "").partition(" ")[2]
        if self.access.principal_of(bearer) is None:
            response = _errors(401, "UNAUTHORIZED", _NEED_HELP)
            server = self.access.login_server
            challenge = f'Bearer realm="http://{server}/oauth2/token",service="{server}"'
            response.headers["WWW-Authenticate"] = challenge
            return response
        if request.path == "/v2/":
            return web.json_response({})
        return _errors(404, "UNSUPPORTED", reason)


def _forwarded(headers: Mapping[str, str]) -> CIMultiDict[str]:
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in _HOP_BY_HOP)


def _password(request: web.Request) -> str:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    try:
        user, _, password = base64.b64decode(given, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return password if scheme.lower() == "basic" and user == LOGIN_USER else ""


def _denied(denied: AccessDeniedError) -> web.Response:
    _log.info("registry token refused: %s", denied)
    detail = [
        {"Type": entry["type"], "Name": entry["name"], "Action": action}
        for entry in denied.scope
        for action in entry["actions"]
    ]
    return _errors(401, "UNAUTHORIZED", _NEED_HELP, detail)


def _errors(status: int, code: str, message: str, detail: object = None) -> web.Response:
    return web.json_response(
        {"errors": [{"code": code, "message": message, "detail": detail}]},
        status=status,
        headers={"Docker-Distribution-Api-Version": "registry/2.0"},
    )

"""The Azure OpenAI endpoint: tokens and roles as Azure checks them, answers from the local model."""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import web

from infra.findings.model import Finding
from infra.twin.arm.behaviour import Resource, ResourceStore
from infra.twin.identity.roles import MODEL_CALLERS, allowed
from infra.twin.identity.tokens import Directory, InvalidTokenError
from infra.twin.journal import Journal
from infra.twin.models.backend import ModelBackend, ModelUnavailableError
from infra.twin.network import problems
from infra.twin.network.reach import unreached
from infra.twin.relay import relay

_log = logging.getLogger(__name__)

AUDIENCES = ("https://cognitiveservices.azure.com", "https://ai.azure.com")
_ACCOUNTS = "Microsoft.CognitiveServices/accounts"
_DEPLOYMENTS = "Microsoft.CognitiveServices/accounts/deployments"
ACTION = "Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action"
_KNOWN_FIELDS = (
    "messages", "stream", "stream_options", "stop", "seed", "tools", "tool_choice", "response_format", "n",
)  # fmt: skip
_EMBEDS = "text-embedding-"
_MOST_TOKENS = 1024
_ANSWER_SECONDS = 230.0


class _RefusedError(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code

    def response(self) -> web.Response:
        return web.json_response({"error": {"code": self.code, "message": str(self)}}, status=self.status)


@dataclass(frozen=True, kw_only=True)
class ModelEndpoint:
    """Serve chat completions of the deployments that the state holds."""

    directory: Directory
    state: ResourceStore
    backend: ModelBackend
    journal: Journal
    http: aiohttp.ClientSession

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes."""
        return [
            web.post("/openai/deployments/{deployment}/chat/completions", self._chat),
            web.post("/openai/v1/chat/completions", self._chat),
        ]

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        try:
            body = await _read(request)
            name = request.match_info.get("deployment") or str(body.get("model", ""))
            self._authorise(request, name)
            deployment = self._deployment(name)
            return await self._forward(request, body, deployment)
        except _RefusedError as refused:
            return refused.response()

    def _authorise(self, request: web.Request, deployment: str) -> None:
        principal = self._principal(request)
        accounts = self.state.of_type(_ACCOUNTS)
        self._check_way(principal, accounts)
        granting = [one for one in accounts if allowed(self.state, principal, MODEL_CALLERS, one.id)]
        if granting:
            self.journal.settle(granting[0].id.path, "ST012")
            self.journal.uses.note(principal, ACTION, granting[0].id.path)
            return
        message = (
            f"The principal `{principal}` lacks the required data action `{ACTION}` to perform "
            "`POST /openai/deployments/{deployment-id}/chat/completions` operation."
        )
        where = accounts[0].id.path if accounts else f"deployment {deployment}"
        fix = (
            "assign `Cognitive Services OpenAI User` at the account to the app's identity (ServicePrincipal)"
        )
        self.journal.report(Finding(code="ST012", resource=where, message=message, fix=fix))
        raise _RefusedError(401, "PermissionDenied", message)

    def _check_way(self, principal: str, accounts: list[Resource]) -> None:
        for account in accounts:
            why = unreached(self.state, principal, account.id)
            if why is None:
                self.journal.settle(account.id.path, problems.CODE)
                continue
            message = "Public access is disabled. Please configure private endpoint."
            self.journal.report(problems.closed(account.id.path, message, why))
            raise _RefusedError(403, "AccessDenied", message)

    def _principal(self, request: web.Request) -> str:
        if "api-key" in request.headers:
            message = "Key based authentication is disabled for this resource."
            raise _RefusedError(403, "AuthenticationTypeDisabled", message)
        token = request.headers.get("Authorization", "").partition(" ")[2]
        try:
            return str(self.directory.verify(token, AUDIENCES)["oid"])
        except (InvalidTokenError, KeyError) as error:
            _log.info("model token refused: %s", error)
            message = (
                "Unauthorized. Access token is missing, invalid, audience is incorrect "
                "(https://cognitiveservices.azure.com), or have expired."
            )
            raise _RefusedError(401, "Unauthorized", message) from error

    def _deployment(self, name: str) -> Resource:
        for found in self.state.of_type(_DEPLOYMENTS):
            if found.name.lower() == name.lower():
                _require_chat(found)
                return found
        message = (
            "The API deployment for this resource does not exist. If you created the deployment within the "
            "last 5 minutes, please wait a moment and try again."
        )
        raise _RefusedError(404, "DeploymentNotFound", message)

    async def _forward(
        self, request: web.Request, body: dict[str, Any], deployment: Resource
    ) -> web.StreamResponse:
        try:
            url = await self.backend.address()
            tamed = tame(body, self.backend.name or "local")
            timeout = aiohttp.ClientTimeout(total=_ANSWER_SECONDS)
            async with self.http.post(f"{url}/chat/completions", json=tamed, timeout=timeout) as answer:
                return await relay(request, answer, _headers(answer, deployment))
        except (ModelUnavailableError, aiohttp.ClientError, TimeoutError) as error:
            reason = str(error) or type(error).__name__
            self.journal.report(
                Finding(
                    code="ST019", resource=deployment.id.path, message=reason, fix="see the twin's model.log"
                )
            )
            raise _RefusedError(503, "ServiceUnavailable", f"The model does not answer: {reason}.") from error


def unanswered(state: ResourceStore) -> Iterator[str]:
    """Yield, as sentences, what no deployment of the state answers here."""
    if any(_model_of(one).startswith(_EMBEDS) for one in state.of_type(_DEPLOYMENTS)):
        yield "model: deployments for embeddings are made and priced, and answer no request for embeddings"


def _model_of(deployment: Resource) -> str:
    return str((deployment.properties.get("model") or {}).get("name", ""))


def _require_chat(deployment: Resource) -> None:
    model = _model_of(deployment)
    if model.startswith(_EMBEDS):
        message = (
            f"The chatCompletion operation does not work with the specified model, {model}. "
            "Please choose different model and try again."
        )
        raise _RefusedError(400, "OperationNotSupported", message)


def _headers(answer: aiohttp.ClientResponse, deployment: Resource) -> dict[str, str]:
    return {
        "Content-Type": answer.headers.get("Content-Type", "application/json"),
        "x-ms-deployment-name": deployment.name,
        "Cache-Control": "no-cache",
    }


def tame(body: dict[str, Any], model: str) -> dict[str, Any]:
    """Return a request that a very small model survives: known fields, cool sampling, bounded length."""
    kept = {name: body[name] for name in _KNOWN_FIELDS if body.get(name) is not None}
    asked = body.get("max_completion_tokens") or body.get("max_tokens") or _MOST_TOKENS
    temperature = body.get("temperature")
    return kept | {
        "model": model,
        "temperature": min(float(temperature), 0.2) if isinstance(temperature, int | float) else 0.1,
        "repeat_penalty": 1.1,
        "max_tokens": min(max(asked, 1), _MOST_TOKENS) if isinstance(asked, int) else _MOST_TOKENS,
    }


async def _read(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError) as error:
        raise _RefusedError(400, "BadRequest", f"The body is no JSON: {error}.") from error
    if not isinstance(body, dict) or not isinstance(body.get("messages"), list):
        raise _RefusedError(400, "BadRequest", "'messages' is a required property: a list of messages.")
    return body

"""A platform for the runtime that stands on this machine's own sockets, files and processes."""

import asyncio
import sys
import textwrap
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from infra.findings.model import Finding
from infra.twin.arm.behaviour import ArmProblem, ArmRequest, Resource
from infra.twin.arm.ids import ResourceId
from infra.twin.arm.store import DiskStore
from infra.twin.platform import IdentityGrant, Platform, PulledImage
from infra.twin.runtime.behaviour import ContainerAppBehaviour
from infra.twin.runtime.plan import Pace

GROUP = "/subscriptions/0/resourceGroups/rg"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-app"
APP_ID = f"{GROUP}/providers/Microsoft.App/containerApps/ca-app"

SERVER = """
import json, os, signal, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

print("hello from", os.environ["CONTAINER_APP_REVISION"], flush=True)
time.sleep(float(os.environ.get("SLOW", "0")))
if "CRASH" in os.environ:
    sys.exit(os.environ["CRASH"])

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/wait":
            time.sleep(2.5)
        broken = os.path.exists(os.environ.get("BROKEN", "/nonexistent"))
        status = 503 if self.path.startswith("/health") and broken else 200
        if self.path == "/missing":
            status = 404
        body = json.dumps({
            "path": self.path, "pid": os.getpid(), "env": dict(os.environ), "headers": dict(self.headers),
        }).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        data = self.rfile.read(length)
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass

def leave(number, frame):
    print("goodbye", flush=True)
    os._exit(0)

signal.signal(signal.SIGTERM, leave)
host = os.environ.get("SEATRIAL_HOST", "0.0.0.0")
ThreadingHTTPServer((host, int(os.environ["PORT"])), Handler).serve_forever()
"""

Build = Callable[..., dict[str, Any]]


class Identities:
    """Grant headers and remember which are valid."""

    def __init__(self) -> None:
        self.valid: dict[str, tuple[str, ...]] = {}

    def grant(self, identity_ids: Sequence[str]) -> IdentityGrant:
        header = f"header-{len(self.valid)}"
        self.valid[header] = tuple(identity_ids)
        return IdentityGrant(endpoint="http://localhost:7777/msi/token", header=header)

    def revoke(self, header: str) -> None:
        self.valid.pop(header, None)


class Registry:
    """Authorise every pull until told otherwise."""

    def __init__(self) -> None:
        self.pulls: list[tuple[str, str | None]] = []
        self.refusal: ArmProblem | None = None

    async def pull(self, image_ref: str, identity_resource_id: str | None) -> PulledImage:
        self.pulls.append((image_ref, identity_resource_id))
        if self.refusal is not None:
            raise self.refusal
        return PulledImage(
            reference=image_ref, repository="seatrial", digest=None, identity=identity_resource_id, login=None
        )


class Twin:
    """Drive the behaviour as the ARM router does."""

    def __init__(self, behaviour: ContainerAppBehaviour, platform: Platform, state: DiskStore) -> None:
        self.behaviour = behaviour
        self.platform = platform
        self.state = state
        self.findings: list[Finding] = []

    async def put(self, properties: dict[str, Any], app: str = APP_ID) -> Resource:
        identity = {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}}
        body = {"location": "westeurope", "identity": identity, "properties": properties}
        request = ArmRequest(
            method="PUT",
            id=ResourceId.parse(app),
            api_version="2025-02-02-preview",
            body=body,
            existing=self.state.get(app),
            caller="operator",
        )
        self.behaviour.check(request, self.state)
        filled = self.behaviour.complete(request, self.state)
        self.state.put(Resource(id=request.id, api_version=request.api_version, body=body))
        resource = self.state.set_properties(app, filled)
        await self.behaviour.after_put(resource, self.state)
        return self.state.get(app) or resource

    async def refused(self, properties: dict[str, Any]) -> ArmProblem:
        with pytest.raises(ArmProblem) as caught:
            await self.put(properties)
        return caught.value

    @property
    def url(self) -> str:
        (app,) = self.behaviour.apps()
        assert app["url"] is not None
        return str(app["url"])

    def revisions(self) -> list[dict[str, Any]]:
        (app,) = self.behaviour.apps()
        return list(app["revisions"])

    async def get(self, path: str = "/") -> dict[str, Any]:
        async with aiohttp.ClientSession() as session, session.get(self.url + path) as response:
            assert response.status == 200, await response.text()
            answer: dict[str, Any] = await response.json(content_type=None)
            return answer


@pytest.fixture
def identities() -> Identities:
    return Identities()


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
def server(tmp_path: Path) -> Path:
    path = tmp_path / "source" / "server.py"
    path.parent.mkdir()
    path.write_text(textwrap.dedent(SERVER))
    return path


@pytest.fixture
def platform(tmp_path: Path, server: Path, identities: Identities, registry: Registry) -> Platform:
    return Platform(
        mode="process",
        stack="dev",
        state=tmp_path / "state",
        app_command=(sys.executable, str(server)),
        app_cwd=server.parent,
        ingress_port=0,
        identities=identities,
        registry=registry,
        report=lambda finding: None,
        endpoints=("http://localhost:7777",),
        authority="http://localhost:7777/authority",
        gateway=None,
        overrides={},
    )


@pytest.fixture
def pace() -> Pace:
    return Pace(elsewhere=0.5, ready=2, settle=0.5, backoff=(0, 0.2))


@pytest.fixture
async def twin(platform: Platform, pace: Pace, tmp_path: Path) -> AsyncIterator[Twin]:
    state = DiskStore.open(tmp_path / "arm.json")
    behaviour = ContainerAppBehaviour(platform, pace=pace)
    twin = Twin(behaviour, platform, state)
    platform.report = twin.findings.append
    await behaviour.open(state)
    yield twin
    await behaviour.close()


@pytest.fixture
def build() -> Build:
    """Return a maker of the properties of a working app; `env`, `probes`, … change parts of them."""

    def make(
        *,
        env: dict[str, str] | None = None,
        probes: list[dict[str, Any]] | None = None,
        scale: dict[str, Any] | None = None,
        **configuration: Any,
    ) -> dict[str, Any]:
        variables = {"PORT": "8000", **(env or {})}
        container = {
            "name": "app",
            "image": "localhost:7777/seatrial@sha256:00",
            "resources": {"cpu": 0.5, "memory": "1Gi"},
            "env": [{"name": name, "value": value} for name, value in variables.items()],
            "probes": _default_probes() if probes is None else probes,
        }
        return {
            "configuration": {
                "activeRevisionsMode": "Single",
                "ingress": {"external": True, "targetPort": 8000},
                "registries": [{"server": "localhost:7777", "identity": IDENTITY}],
                **configuration,
            },
            "template": {
                "containers": [container],
                "scale": {"minReplicas": 1, "maxReplicas": 2, **(scale or {})},
                "terminationGracePeriodSeconds": 2,
            },
        }

    return make


@pytest.fixture
def probe() -> Build:
    """Return a maker of probes of the app's HTTP server."""
    return _probe


def _probe(kind: str, path: str = "/health", port: int = 8000, **numbers: int) -> dict[str, Any]:
    numbers = {"periodSeconds": 1, "failureThreshold": 5, **numbers}
    return {"type": kind, "httpGet": {"path": path, "port": port}, **numbers}


def _default_probes() -> list[dict[str, Any]]:
    return [_probe("Startup"), _probe("Readiness"), _probe("Liveness", failureThreshold=2)]


async def _eventually(condition: Callable[[], bool], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for is another process
            await asyncio.sleep(0.05)


@pytest.fixture
def eventually() -> Callable[..., Any]:
    """Return a wait for a condition of another process."""
    return _eventually


@pytest.fixture
def refusal() -> ArmProblem:
    """Return what a registry without AcrPull answers."""
    finding = Finding(code="ST005", resource="acr", message="UNAUTHORIZED", fix="assign AcrPull")
    return ArmProblem(400, "InvalidParameterValueInContainerTemplate", "UNAUTHORIZED", finding=finding)

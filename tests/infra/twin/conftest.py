"""A twin in this process, on a loop of its own thread, with a recorder in place of the app runtime."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from infra.twin.arm.behaviour import Resource, ResourceStore
from infra.twin.arm.families.recorded import Recorded
from infra.twin.assembly import RuntimeFactory
from infra.twin.client import ArmClient, TwinAddress, TwinClient
from infra.twin.config import TwinConfig
from infra.twin.platform import Platform
from infra.twin.server import Twin, running

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
TENANT = "11111111-1111-1111-1111-111111111111"
ROOT = f"/subscriptions/{SUBSCRIPTION}"
GROUP = f"{ROOT}/resourceGroups/rg"
REGION = "westeurope"
ACR_PULL = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
ACR_PUSH = "8311e382-0749-4cb8-b61a-304f252e45ec"
OPENAI_USER = "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd"


@dataclass
class NoApps(Recorded):
    """Record container apps without running them."""

    platform: Platform
    put: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    closed: bool = False
    work: Callable[[Resource], None] = lambda _: None

    async def open(self, state: ResourceStore) -> None: ...

    async def close(self) -> None:
        self.closed = True

    async def after_put(self, resource: Resource, state: ResourceStore) -> None:
        self.put.append(resource.name)
        self.work(resource)

    async def after_delete(self, resource: Resource, state: ResourceStore) -> None:
        self.deleted.append(resource.name)

    def apps(self) -> list[dict[str, Any]]:
        return []

    def logs(self, app: str | None, tail: int) -> list[str]:
        if app is not None:
            raise KeyError(app)
        return ["one", "two"][-tail:]

    def not_shown(self) -> list[str]:
        return ["apps are only recorded"]


@dataclass
class Rehearsal:
    """Hold a running twin and clients of it."""

    twin: Twin
    apps: NoApps
    arm: ArmClient
    admin: TwinClient
    loop: asyncio.AbstractEventLoop

    @property
    def services(self) -> str:
        return self.twin.platform.endpoints[0]

    @property
    def login_server(self) -> str:
        return self.twin.platform.endpoints[1].removeprefix("http://")

    def run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(60)

    def group(self) -> None:
        self.arm.put(GROUP, {"location": REGION}, "2024-03-01")

    def identity(self, name: str = "id") -> dict[str, Any]:
        path = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}"
        return self.arm.put(path, {"location": REGION}, "2023-01-31")

    def registry(self, name: str = "acrtwin") -> dict[str, Any]:
        path = f"{GROUP}/providers/Microsoft.ContainerRegistry/registries/{name}"
        return self.arm.put(path, {"location": REGION, "sku": {"name": "Basic"}}, "2023-01-01-preview")

    def account(self, name: str = "model") -> dict[str, Any]:
        path = f"{GROUP}/providers/Microsoft.CognitiveServices/accounts/{name}"
        body = {
            "location": REGION,
            "kind": "OpenAI",
            "sku": {"name": "S0"},
            "properties": {"customSubDomainName": name},
        }
        return self.arm.put(path, body, "2025-06-01")

    def deployment(self, account: str, name: str = "chat") -> dict[str, Any]:
        model = {"format": "OpenAI", "name": "gpt-4o-mini", "version": "2024-07-18"}
        body = {"sku": {"name": "Standard", "capacity": 1}, "properties": {"model": model}}
        return self.arm.put(f"{account}/deployments/{name}", body, "2025-06-01")

    def role(self, scope: str, principal: str, role: str, name: str = "a" * 8, **more: str) -> dict[str, Any]:
        path = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}-0000-4000-8000-000000000000"
        definition = f"{ROOT}/providers/Microsoft.Authorization/roleDefinitions/{role}"
        properties = {"principalId": principal, "roleDefinitionId": definition}
        properties |= {"principalType": "ServicePrincipal", **more}
        return self.arm.put(path, {"properties": properties}, "2022-04-01")


@contextmanager
def rehearsal(config: TwinConfig, make_runtime: RuntimeFactory | None = None) -> Iterator[Rehearsal]:
    """Run a twin on a thread until the block ends; what stops it from starting is raised here."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    apps: list[NoApps] = []

    def recorder(platform: Platform) -> NoApps:
        apps.append(NoApps(platform))
        return apps[0]

    context = running(config, make_runtime or recorder)
    try:
        twin = asyncio.run_coroutine_threadsafe(context.__aenter__(), loop).result(60)
        try:
            address = TwinAddress.read(config.state)
            with ArmClient(address, 60) as arm, TwinClient(address, 60) as admin:
                yield Rehearsal(twin, apps[0] if apps else NoApps(twin.platform), arm, admin, loop)
        finally:
            asyncio.run_coroutine_threadsafe(context.__aexit__(None, None, None), loop).result(60)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture
def config(tmp_path: Path) -> TwinConfig:
    state = tmp_path / "state"
    state.mkdir()
    return TwinConfig(stack="dev", state=state, app_cwd=tmp_path, subscription=SUBSCRIPTION, tenant=TENANT)


@pytest.fixture
def twin(config: TwinConfig) -> Iterator[Rehearsal]:
    with rehearsal(config) as started:
        started.group()
        yield started

"""The twin put together: sockets, directory, ARM, registry, model, apps; started and stopped as one."""

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import aiohttp
from aiohttp import web

from infra.twin import farewell, sign_in
from infra.twin.arm.behaviour import Resource
from infra.twin.arm.ids import ResourceId
from infra.twin.arm.store import DiskStore, write_atomically
from infra.twin.assembly import OPERATOR, Assembly, Ground, RuntimeFactory, Twin
from infra.twin.bridge import bridge_gateway
from infra.twin.config import TwinConfig
from infra.twin.database import accounts
from infra.twin.doorway import Doorway
from infra.twin.identity.keys import SigningKey
from infra.twin.identity.roles import OWNER
from infra.twin.ports import PortInUseError, Sockets, free_port, is_free
from infra.twin.vault import vaults

_log = logging.getLogger(__name__)

_OWNER_POLL_SECONDS = 1.0
_SHUTDOWN_SECONDS = 2.0
TLS_OF = {"arm": "arm-tls"}
BOTH = frozenset({"registry", "services"})


@asynccontextmanager
async def running(config: TwinConfig, make_runtime: RuntimeFactory) -> AsyncIterator[Twin]:
    """Start a twin; stop all of it on the way out.

    Raises PortInUseError and CorruptedStateError before anything has started.
    """
    since = datetime.now(UTC).isoformat()
    state = config.state
    async with AsyncExitStack() as cleanup:
        sockets = Sockets(state / "ports.json")
        cleanup.callback(sockets.close)
        gateway = await bridge_gateway() if config.mode == "docker" else None
        ports = _bind(sockets, config, gateway)
        store = DiskStore.open(state / "arm.json")
        key = SigningKey.load(state / "signing-key.pem")
        accounts.addresses(sockets, gateway).bind(store, accounts.ACCOUNTS)
        vaults.addresses(sockets, gateway).bind(store, vaults.VAULTS)
        sockets.remember(ingress=ports["ingress"])
        store.relocate(sockets.moved() | _moved_ingress(sockets, ports["ingress"]))
        _seed_operator(store, config.subscription)
        http = await cleanup.enter_async_context(
            aiohttp.ClientSession(
                auto_decompress=False, trust_env=False, connector=aiohttp.TCPConnector(limit=0)
            )
        )
        builder = Assembly(
            Ground(
                config=config,
                ports=ports,
                sockets=sockets,
                gateway=gateway,
                store=store,
                key=key,
                http=http,
                since=since,
            )
        )
        cleanup.callback(builder.telemetry.close)
        twin = builder.build(make_runtime)
        await _serve(cleanup, builder, sockets)
        cleanup.push_async_callback(builder.databases.close)
        await builder.databases.start()
        cleanup.push_async_callback(builder.vaults.close)
        await builder.vaults.start()
        await twin.runtime.open(store)
        cleanup.push_async_callback(_close_apps, twin, builder)
        builder.model.start()
        cleanup.push_async_callback(builder.model.close)
        builder.distribution.start()
        cleanup.push_async_callback(builder.distribution.close)
        cleanup.callback(sign_in.write(state, twin.address(since)).unlink, missing_ok=True)
        write_atomically(state / "twin.json", json.dumps(twin.address(since), indent=1))
        cleanup.callback((state / "twin.json").unlink, missing_ok=True)
        _log.info("ready at %s in %s mode", twin.arm_url, config.mode)
        yield twin


async def serve(config: TwinConfig, make_runtime: RuntimeFactory, stopping: asyncio.Event) -> None:
    """Run a twin until it is told to stop or its owner is gone."""
    async with running(config, make_runtime) as twin:
        waits: list[asyncio.Task[Any]] = [
            asyncio.create_task(stopping.wait()),
            asyncio.create_task(twin.stopping.wait()),
        ]
        if config.owner_pid is not None:
            waits.append(asyncio.create_task(_until_gone(config.owner_pid)))
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        _log.info("stopping")


def _bind(sockets: Sockets, config: TwinConfig, gateway: str | None) -> dict[str, int]:
    ports = {
        "arm": sockets.bind("arm", config.arm_port),
        "arm-tls": sockets.bind("arm-tls", config.arm_tls_port, gateway),
        "registry": sockets.bind("registry", config.registry_port, gateway),
        "services": sockets.bind("services", config.services_port, gateway),
    }
    return ports | {"ingress": _ingress_port(sockets, config)}


def _ingress_port(sockets: Sockets, config: TwinConfig) -> int:
    wanted = config.ingress_port or sockets.last("ingress")
    if wanted and is_free(wanted):
        return wanted
    if config.ingress_port:
        raise PortInUseError("ingress", config.ingress_port)
    return free_port()


def _moved_ingress(sockets: Sockets, port: int) -> dict[str, str]:
    last = sockets.last("ingress")
    return {f"localhost:{last}": f"localhost:{port}"} if last and last != port else {}


def _seed_operator(store: DiskStore, subscription: str) -> None:
    """Make whoever runs the program Owner of the subscription, as a first deployment needs."""
    scope = f"/subscriptions/{subscription}"
    path = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{OPERATOR.object_id}"
    if store.get(path) is not None:
        return
    properties = {
        "principalId": OPERATOR.object_id,
        "principalType": "ServicePrincipal",
        "roleDefinitionId": f"{scope}/providers/Microsoft.Authorization/roleDefinitions/{OWNER}",
        "scope": scope,
    }
    body = {"id": path, "name": OPERATOR.object_id, "type": "Microsoft.Authorization/roleAssignments"}
    store.put(
        Resource(id=ResourceId(path), api_version="2022-04-01", body={**body, "properties": properties})
    )


async def _serve(cleanup: AsyncExitStack, builder: Assembly, sockets: Sockets) -> None:
    for role, app in builder.apps.items():
        runner = web.AppRunner(
            app, access_log=None, auto_decompress=role != "registry", shutdown_timeout=_SHUTDOWN_SECONDS
        )
        await runner.setup()
        cleanup.push_async_callback(farewell.close, runner)
        for held in sockets.of(role):
            if role in BOTH and runner.server is not None:
                doorway = Doorway(runner.server, held, builder.databases.site.certificates.context)
                cleanup.push_async_callback(doorway.close)
                doorway.start()
            else:
                await web.SockSite(runner, held).start()
        for held in sockets.of(TLS_OF[role]) if role in TLS_OF else ():
            context = builder.databases.site.certificates.context()
            await web.SockSite(runner, held, ssl_context=context).start()


async def _close_apps(twin: Twin, builder: Assembly) -> None:
    await builder.operations.close()
    await twin.runtime.close()


async def _until_gone(pid: int) -> None:
    while _exists(pid):  # noqa: ASYNC110 - no event tells that a foreign process ended
        await asyncio.sleep(_OWNER_POLL_SECONDS)
    _log.info("the owner %s is gone", pid)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

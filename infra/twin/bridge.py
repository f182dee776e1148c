"""Where containers reach this machine: the host's address on Docker's default bridge."""

import asyncio
import json
import logging
import socket
from typing import Any

import psutil

_log = logging.getLogger(__name__)
_INSPECT_SECONDS = 10.0
_NAME = "com.docker.network.bridge.name"


async def bridge_gateway() -> str | None:
    """Return the bridge's address when it is one of this machine's own, else None.

    An engine in a virtual machine (Docker Desktop) has its bridge there; it forwards to the loopback.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            "docker",
            "network",
            "inspect",
            "bridge",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        out, _ = await asyncio.wait_for(process.communicate(), _INSPECT_SECONDS)
        described = json.loads(out)[0]
    except (OSError, TimeoutError, ValueError, IndexError) as error:
        _log.warning("Docker's bridge could not be inspected: %s", error)
        return None
    return local_address(described, own_addresses())


def own_addresses() -> dict[str, list[str]]:
    """Return this machine's IPv4 addresses by interface."""
    return {
        name: [one.address for one in addresses if one.family == socket.AF_INET]
        for name, addresses in psutil.net_if_addrs().items()
    }


def local_address(network: dict[str, Any], own: dict[str, list[str]]) -> str | None:
    """Return the network's gateway if this machine has it; engines before 23 name only the interface."""
    for entry in (network.get("IPAM") or {}).get("Config") or ():
        gateway = entry.get("Gateway")
        if any(gateway in addresses for addresses in own.values()):
            return str(gateway)
    return next(iter(own.get(str((network.get("Options") or {}).get(_NAME)), [])), None)

"""The vaults that ARM has created: a port, a file and an endpoint each, as long as the resource lives."""

import logging
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.twin.addresses import Addresses
from infra.twin.arm.behaviour import Resource, ResourceStore
from infra.twin.arm.ids import ResourceId
from infra.twin.database.certificates import Certificates
from infra.twin.identity.tokens import Directory
from infra.twin.identity.uses import NoteUse, nowhere
from infra.twin.ports import Sockets
from infra.twin.vault import waiting
from infra.twin.vault.access import VaultDoor
from infra.twin.vault.endpoint import VaultEndpoint
from infra.twin.vault.secrets import Secrets
from infra.twin.vault.store import SecretStore

VAULTS = "Microsoft.KeyVault/vaults"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class VaultSite:
    """Hold what all vaults share; `challenge` is where a client without a token is sent for one."""

    folder: Path
    addresses: Addresses
    certificates: Certificates
    directory: Directory
    state: ResourceStore
    operator: str
    challenge: str
    note_use: NoteUse = nowhere


@dataclass
class _Open:
    secrets: Secrets
    endpoint: VaultEndpoint


def addresses(sockets: Sockets, gateway: str | None) -> Addresses:
    """Return where vaults answer."""
    return Addresses(kind="vault", sockets=sockets, gateway=gateway)


@dataclass
class Vaults:
    """Open and close the vaults, as their resources are."""

    site: VaultSite
    _open: dict[str, _Open] = field(default_factory=dict)

    def address_of(self, vault: ResourceId) -> str:
        """Return a vault's address; its port is bound from here on, and remembered."""
        return self.site.addresses.of(vault)

    def addresses(self) -> dict[str, str]:
        """Return the address of each open vault, by name."""
        return {ResourceId(path).name: self.address_of(ResourceId(path)) for path in self._open}

    async def start(self) -> None:
        """Open every vault that the state holds."""
        for vault in self.site.state.of_type(VAULTS):
            await self.open(vault)

    async def open(self, resource: Resource) -> None:
        """Answer for a vault from now on."""
        if resource.id.key in self._open:
            return
        site, vault = self.site, resource.id
        folder = self._folder(vault)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        secrets = Secrets(
            store=SecretStore.open(folder / "secrets.json"),
            base=lambda: self.address_of(vault),
            purge_protected=lambda: bool(self._properties(vault).get("enablePurgeProtection")),
        )
        door = VaultDoor(
            vault=vault,
            directory=site.directory,
            state=site.state,
            operator=site.operator,
            challenge=lambda: site.challenge,
            note_use=site.note_use,
        )
        endpoint = VaultEndpoint(secrets, door, site.addresses.gateway)
        address = self.address_of(vault)
        waiting.take(site.folder, secrets)
        await endpoint.start(site.addresses.held(vault), site.certificates.context)
        self._open[vault.key] = _Open(secrets, endpoint)
        _log.info("vault %s answers at %s", resource.name, address)

    async def remove(self, vault: ResourceId) -> None:
        """Close a vault and destroy its secrets."""
        await self._shut(vault.key)
        self.site.addresses.release(vault)
        shutil.rmtree(self._folder(vault), ignore_errors=True)

    async def close(self) -> None:
        """Close every vault; their secrets stay."""
        for key in list(self._open):
            await self._shut(key)

    def secrets_of(self, vault: ResourceId) -> Secrets | None:
        """Return the secrets of an open vault, or None."""
        opened = self._open.get(vault.key)
        return opened.secrets if opened else None

    def _properties(self, vault: ResourceId) -> dict[str, Any]:
        found = self.site.state.get(vault)
        return found.properties if found else {}

    def _folder(self, vault: ResourceId) -> Path:
        return self.site.folder / vault.name.lower()

    async def _shut(self, key: str) -> None:
        opened = self._open.pop(key, None)
        if opened is not None:
            await opened.endpoint.close()

"""Secrets set while no twin runs: kept for the next one's vault (mode 0600), gone once it has them."""

import json
from pathlib import Path

from infra.twin.vault.secrets import Secrets
from infra.twin.vault.store import SecretStore

FOLDER = "vaults"
_FILE = "waiting.json"


def keep(state: Path, name: str, value: str) -> str:
    """Keep a value for the next twin with this state folder, and return its version; raise VaultProblem."""
    folder = state / FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    waiting = Secrets(store=SecretStore.open(folder / _FILE), base=str)
    return str(waiting.set(name, _body(value))["id"]).rpartition("/")[2]


def take(folder: Path, secrets: Secrets) -> None:
    """Give a vault what waits in the folder of all vaults."""
    path = folder / _FILE
    if not path.exists():
        return
    for one in SecretStore.open(path).secrets():
        if secrets.store.find_deleted(one.name):
            secrets.recover(one.name)
        before = secrets.store.find(one.name)
        if before is None or before.current.value != one.current.value:
            secrets.set(one.name, _body(one.current.value))
    path.unlink()


def _body(value: str) -> bytes:
    return json.dumps({"value": value}).encode()

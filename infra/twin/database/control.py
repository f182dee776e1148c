"""What tests and people ask the database beside its protocol: counts, and faults on demand."""

import secrets
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from infra.twin.database.account import Account
from infra.twin.database.limits import Faults


def report(accounts: Mapping[str, Account]) -> dict[str, Any]:
    """Return requests, charges (modelled, RU) and documents of every account."""
    return {name: _of(account) for name, account in accounts.items()}


def _of(account: Account) -> dict[str, Any]:
    containers = {}
    for database in account.store.databases():
        for container in account.store.containers(database):
            documents, size = account.store.count(container, account.now)
            name = f"{database.name}/{container.name}"
            containers[name] = {
                "documents": documents,
                "bytes": size,
                "throughput": account.throughput(container)[1],
            }
    return {**account.limits.report(), "containers": containers}


def change(accounts: Mapping[str, Account], body: bytes) -> None:
    """Set the faults of every account; raise ValueError with the reason when they are none."""
    try:
        faults = Faults.model_validate_json(body or b"{}")
    except ValidationError as error:
        raise ValueError(str(error)) from error
    for account in accounts.values():
        account.limits.faults = faults.model_copy()


class Control:
    """Serve `/_twin/database` of the standalone command to whoever has the key (as a bearer token)."""

    def __init__(self, accounts: Mapping[str, Account], key: str) -> None:
        self._accounts = accounts
        self._key = key

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes: read, set faults, forget."""
        return [
            web.get("/_twin/database", self._read),
            web.put("/_twin/database", self._change),
            web.delete("/_twin/database", self._reset),
        ]

    async def _read(self, request: web.Request) -> web.Response:
        self._check(request)
        return web.json_response(report(self._accounts))

    async def _change(self, request: web.Request) -> web.Response:
        self._check(request)
        try:
            change(self._accounts, await request.read())
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response(report(self._accounts))

    async def _reset(self, request: web.Request) -> web.Response:
        self._check(request)
        for account in self._accounts.values():
            account.limits.reset()
        return web.json_response(report(self._accounts))

    def _check(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not secrets.compare_digest(given.encode("utf-8", "surrogateescape"), self._key.encode()):
            raise web.HTTPUnauthorized(text="send the database's key as a bearer token")

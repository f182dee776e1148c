"""The databases under the twin's own routes: counts, faults on demand, and a search in what is stored."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from infra.twin.arm.behaviour import ArmProblem
from infra.twin.database.accounts import Databases
from infra.twin.database.control import change, report
from infra.twin.database.search import MOST_TEXTS, search


@dataclass(frozen=True)
class DatabaseAdmin:
    """Serve /twin/database*."""

    databases: Databases
    caller: Callable[[web.Request], str]

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes."""
        return [
            web.get("/twin/database", self._report),
            web.put("/twin/database/faults", self._faults),
            web.delete("/twin/database/faults", self._reset),
            web.post("/twin/database/search", self._search),
        ]

    async def _report(self, request: web.Request) -> web.Response:
        self.caller(request)
        return web.json_response(report(self.databases.accounts()))

    async def _faults(self, request: web.Request) -> web.Response:
        self.caller(request)
        try:
            change(self.databases.accounts(), await request.read())
        except ValueError as error:
            raise ArmProblem(400, "InvalidRequestContent", f"The faults are not legal: {error}") from error
        return web.json_response(report(self.databases.accounts()))

    async def _reset(self, request: web.Request) -> web.Response:
        self.caller(request)
        for account in self.databases.accounts().values():
            account.limits.reset()
        return web.json_response(report(self.databases.accounts()))

    async def _search(self, request: web.Request) -> web.Response:
        self.caller(request)
        try:
            texts = json.loads(await request.read())["texts"]
        except (ValueError, KeyError, TypeError) as error:
            raise ArmProblem(
                400, "InvalidRequestContent", "The body must be an object with texts, a list of strings."
            ) from error
        if not isinstance(texts, list) or not all(isinstance(one, str) and one for one in texts):
            raise ArmProblem(400, "InvalidRequestContent", "texts must be a list of strings.")
        if len(texts) > MOST_TEXTS:
            raise ArmProblem(
                400, "InvalidRequestContent", f"texts has {len(texts)} entries; the limit is {MOST_TEXTS}."
            )
        return web.json_response(search(self.databases.places(), texts))

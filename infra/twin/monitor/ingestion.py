"""The endpoint that Application Insights' exporters send to."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from infra.twin.journal import Journal
from infra.twin.monitor.access import REFUSED, IngestionDoor, RefusedError
from infra.twin.monitor.envelopes import MAX_ITEM_BYTES, InvalidItemError, Row, rows
from infra.twin.monitor.telemetry import Telemetry

_log = logging.getLogger(__name__)
_OK, _PARTIAL, _BAD = 200, 206, 400


@dataclass
class _Answer:
    """Collect what became of each item."""

    received: int
    app_id: str | None = None
    errors: list[dict[str, Any]] = field(default_factory=list)
    kept: dict[str, list[Row]] = field(default_factory=dict)

    def refuse(self, index: int, status: int, message: str) -> None:
        self.errors.append({"index": index, "statusCode": status, "message": message})

    @property
    def status(self) -> int:
        if not self.errors:
            return _OK
        return int(self.errors[0]["statusCode"]) if len(self.errors) == self.received else _PARTIAL

    def response(self) -> web.Response:
        body = {
            "itemsReceived": self.received,
            "itemsAccepted": self.received - len(self.errors),
            "appId": self.app_id,
            "errors": self.errors,
        }
        return web.json_response(body, status=self.status)


@dataclass(frozen=True, kw_only=True)
class Ingestion:
    """Take telemetry for the components that the state holds; every refusal by role or key is a finding."""

    door: IngestionDoor
    telemetry: Telemetry
    journal: Journal

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes: exporters join the endpoint's own slash with another one."""
        return [web.post(path, self._track) for path in (r"/{_:/?}v2.1/track", r"/{_:/?}v2/track")]

    async def _track(self, request: web.Request) -> web.Response:
        try:
            items = _items(await request.read())
        except ValueError as error:
            answer = _Answer(received=1)
            answer.refuse(0, _BAD, f"100: Invalid JSON: {error}")
            return answer.response()
        answer = self.take(items, request.headers.get("Authorization", ""))
        return answer.response()

    def take(self, items: Sequence[Any], authorization: str) -> _Answer:
        """Keep the items that may be kept, and say of each other one why not."""
        answer = _Answer(received=len(items))
        doors: dict[str, str | RefusedError] = {}
        for index, item in enumerate(items):
            key = str(item.get("iKey", "")) if isinstance(item, dict) else ""
            if key not in doors:
                doors[key] = self._open(key, authorization, answer)
            component = doors[key]
            if isinstance(component, RefusedError):
                answer.refuse(index, component.status, str(component))
                continue
            try:
                answer.kept.setdefault(component, []).extend(_rows(item))
            except InvalidItemError as error:
                answer.refuse(index, _BAD, str(error))
        for component, kept in answer.kept.items():
            self.telemetry.keep(component, kept)
        return answer

    def _open(self, key: str, authorization: str, answer: _Answer) -> str | RefusedError:
        try:
            component = self.door.component(key)
            self.door.enter(component, authorization)
        except RefusedError as refused:
            _log.info("telemetry refused: %s", refused)
            if refused.finding is not None:
                self.journal.report(refused.finding)
            return refused
        self.journal.settle(component.id.path, REFUSED)
        answer.app_id = str(component.properties.get("AppId"))
        return component.id.path


def _rows(item: Any) -> list[Row]:
    if len(json.dumps(item)) > MAX_ITEM_BYTES:
        raise InvalidItemError(f"110: The item is larger than {MAX_ITEM_BYTES} bytes")
    return rows(item)


def _items(raw: bytes) -> list[Any]:
    """Return the items of a body: a JSON array, one object, or one object a line; raise ValueError."""
    text = raw.decode("utf-8").strip()
    if not text:
        raise ValueError("the body is empty")
    try:
        return _parsed(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _parsed(text: str) -> list[Any]:
    try:
        whole = json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError:
        whole = [json.loads(line, parse_constant=_no_number) for line in text.splitlines() if line.strip()]
    return whole if isinstance(whole, list) and whole else [whole]


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")

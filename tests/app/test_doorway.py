"""Behind a Front Door, its id opens the app, and nothing else does."""

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from app.doorway import Doorway
from app.main import create_app
from app.settings import ConfigurationError, read_settings

OWN = "5ea7a1a1-0000-4000-8000-000000000001"


async def answer(_: Any) -> PlainTextResponse:
    return PlainTextResponse("here")


async def talk(socket: Any) -> None:
    await socket.accept()
    await socket.close()


@pytest.fixture
def client() -> TestClient:
    routes = [Route("/api", answer), Route("/health/live", answer), WebSocketRoute("/ws", talk)]
    app = Starlette(routes=routes)
    app.add_middleware(Doorway, front_door_id=OWN)
    return TestClient(app)


@pytest.mark.parametrize("headers", [{}, {"X-Azure-FDID": ""}, {"X-Azure-FDID": OWN[:-1] + "2"}])
def test_what_came_another_way_is_refused(client: TestClient, headers: dict[str, str]) -> None:
    refused = client.get("/api", headers=headers)

    assert refused.status_code == 403
    assert refused.json()["error"] == "NotThroughFrontDoor"
    assert OWN not in refused.text
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/ws", headers=headers):
        pass


def test_what_came_through_it_and_the_platforms_probes_are_served(client: TestClient) -> None:
    assert client.get("/api", headers={"x-azure-fdid": OWN.upper()}).text == "here"
    assert client.get("/health/live").text == "here"
    with client.websocket_connect("/ws", headers={"X-Azure-FDID": OWN}):
        pass


def test_an_id_that_is_none_is_refused_at_start() -> None:
    with pytest.raises(ConfigurationError, match="SEATRIAL_FRONT_DOOR_ID"):
        read_settings({"SEATRIAL_AUTH": "open", "SEATRIAL_FRONT_DOOR_ID": "my-door"})


def test_the_app_has_it_where_it_is_told_an_id() -> None:
    told, untold = ({"SEATRIAL_AUTH": "open", **more} for more in ({"SEATRIAL_FRONT_DOOR_ID": OWN}, {}))

    assert Doorway in {entry.cls for entry in create_app(read_settings(told)).user_middleware}
    assert Doorway not in {entry.cls for entry in create_app(read_settings(untold)).user_middleware}

"""The ingress between real sockets: what passes, what is added, what breaks and how."""

import asyncio
import socket
from types import SimpleNamespace

import aiohttp
import pytest
from aiohttp import WSMsgType, web
from yarl import URL

from infra.twin.runtime.ingress import Ingress, PortTakenError

GO = web.AppKey("go", asyncio.Event)
CLOSED = web.AppKey("closed", asyncio.Future)


async def echo(request):
    return web.json_response(
        {"path": request.raw_path, "headers": dict(request.headers), "size": len(await request.read())}
    )


async def stream(request):
    answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await answer.prepare(request)
    await answer.write(b"data: one\n\n")
    await request.app[GO].wait()
    await answer.write(b"data: two\n\n")
    return answer


async def silent(request):
    await asyncio.sleep(30)
    return web.Response()


async def cookies(request):
    answer = web.Response(status=303, headers={"Location": "/", "Keep-Alive": "timeout=5"})
    answer.headers.add("Set-Cookie", "a=1")
    answer.headers.add("Set-Cookie", "b=2")
    return answer


async def talk(request):
    ws = web.WebSocketResponse(protocols=("bearer",))
    await ws.prepare(request)
    async for message in ws:
        if message.type is WSMsgType.TEXT and message.data == "leave":
            await ws.close(code=4401, message=b"not authenticated")
        elif message.type is WSMsgType.TEXT:
            await ws.send_str(message.data.upper())
        elif message.type is WSMsgType.BINARY:
            await ws.send_bytes(message.data)
    request.app[CLOSED].set_result(ws.close_code)
    return ws


class Replica:
    """Stand for a replica whose app listens on one port."""

    def __init__(self, port: int) -> None:
        self.in_flight = 0
        self.running = SimpleNamespace(address=lambda wanted: ("127.0.0.1", port))


class Router:
    """Send everything to one replica, or nowhere."""

    def __init__(self, replica: Replica | None) -> None:
        self.replica = replica
        self.serving = True

    def route(self, host):
        async def acquire():
            return self.replica

        return SimpleNamespace(acquire=acquire, plan=SimpleNamespace(target_port=1)) if self.serving else None


@pytest.fixture
async def upstream():
    app = web.Application(client_max_size=1 << 26)
    app[GO] = asyncio.Event()
    app[CLOSED] = asyncio.get_running_loop().create_future()
    app.router.add_get("/stream", stream)
    app.router.add_get("/silent", silent)
    app.router.add_get("/cookies", cookies)
    app.router.add_get("/ws", talk)
    app.router.add_route("*", "/{any:.*}", echo)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield app, runner.addresses[0][1]
    await runner.cleanup()


@pytest.fixture
async def router(upstream):
    return Router(Replica(upstream[1]))


@pytest.fixture
async def url(router):
    ingress = Ingress(limit=1.0)
    await ingress.open(router)
    yield f"http://localhost:{ingress.port}"
    await ingress.close()
    ingress.release()


@pytest.fixture
async def client():
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


async def test_path_query_and_host_pass_unchanged(url, client):
    async with client.get(URL(f"{url}/a%2Fb?x=%20y&x=2", encoded=True)) as response:
        answer = await response.json()

    assert answer["path"] == "/a%2Fb?x=%20y&x=2"
    assert answer["headers"]["Host"] == url.removeprefix("http://")


async def test_forwarded_headers_are_added_and_hop_headers_removed(url, client):
    sent = {"X-Forwarded-For": "10.0.0.9", "Connection": "x-secret", "X-Secret": "1", "Keep-Alive": "5"}
    async with client.get(f"{url}/", headers=sent) as response:
        headers = (await response.json())["headers"]

    assert headers["X-Forwarded-For"] == "10.0.0.9, 127.0.0.1"
    assert headers["X-Forwarded-Proto"] == "http"
    assert headers["X-Forwarded-Host"] == url.removeprefix("http://")
    assert "X-Secret" not in headers
    assert "Keep-Alive" not in headers


async def test_events_arrive_before_the_answer_ends(url, client, upstream):
    async with client.get(f"{url}/stream") as response:
        first = await response.content.readuntil(b"\n\n")
        upstream[0][GO].set()
        rest = await response.content.read()

    assert (first, rest) == (b"data: one\n\n", b"data: two\n\n")
    assert response.headers["Content-Type"] == "text/event-stream"


async def test_a_large_body_passes_in_pieces(url, client):
    async def pieces():
        for _ in range(64):
            yield b"x" * 65_536

    async with client.post(f"{url}/", data=pieces()) as response:
        assert (await response.json())["size"] == 4 << 20


async def test_a_client_that_waits_for_100_continue_is_told_to_go_on(url, client):
    async with client.post(f"{url}/", data=b"x" * 10, expect100=True) as response:
        assert (await response.json())["size"] == 10


async def test_redirects_and_repeated_headers_are_left_to_the_client(url, client):
    async with client.get(f"{url}/cookies", allow_redirects=False) as response:
        assert response.status == 303
        assert response.headers.getall("Set-Cookie") == ["a=1", "b=2"]
        assert "Keep-Alive" not in response.headers


async def test_silence_past_the_limit_is_a_stream_timeout(url, client, router):
    async with client.get(f"{url}/silent") as response:
        assert (response.status, await response.text()) == (504, "stream timeout")
    assert router.replica.in_flight == 0


async def test_an_answer_that_outlives_the_limit_is_cut(url, client):
    async with client.get(f"{url}/stream") as response:
        with pytest.raises(aiohttp.ClientError):
            await response.read()


async def test_no_replica_no_listener_and_no_revision_have_azures_answers(url, client, router):
    seen = []
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        for replica in (None, Replica(closed.getsockname()[1])):
            router.replica = replica
            async with client.get(f"{url}/") as response:
                seen.append((response.status, (await response.text())[:22]))
    router.serving = False
    async with client.get(f"{url}/") as response:
        seen.append((response.status, (await response.text())[:22]))

    assert seen == [
        (503, "no healthy upstream"),
        (503, "upstream connect error"),
        (404, "Error 404 - This Conta"),
    ]


async def test_a_websocket_keeps_its_protocol_messages_and_close_code(url, client):
    async with client.ws_connect(f"{url}/ws", protocols=("bearer", "token")) as ws:
        await ws.send_str("hello")
        assert (await ws.receive_str()) == "HELLO"
        await ws.send_bytes(b"\x00" * 200_000)
        assert len(await ws.receive_bytes()) == 200_000
        await ws.send_str("leave")
        end = await ws.receive()

    assert ws.protocol == "bearer"
    assert (end.type, end.data, end.extra) == (WSMsgType.CLOSE, 4401, "not authenticated")


async def test_a_clients_close_code_reaches_the_app(url, client, upstream):
    async with client.ws_connect(f"{url}/ws") as ws:
        await ws.close(code=3001)

    async with asyncio.timeout(5):
        assert await upstream[0][CLOSED] == 3001


async def test_a_client_that_vanishes_closes_the_socket_at_the_app(url, client, upstream):
    ws = await client.ws_connect(f"{url}/ws")
    ws._response.connection.transport.abort()

    async with asyncio.timeout(5):
        assert await upstream[0][CLOSED] == 1001


async def test_a_refused_websocket_keeps_its_status(url, client):
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await client.ws_connect(f"{url}/silent-not-a-socket")

    assert caught.value.status == 200


async def test_a_closed_ingress_refuses_connections_and_opens_again_on_its_port(router, client):
    ingress = Ingress()
    await ingress.open(router)
    await ingress.close()

    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", ingress.port)

    await ingress.open(router)
    async with client.get(f"http://localhost:{ingress.port}/") as response:
        assert response.status == 200
    await ingress.close()
    ingress.release()


async def test_a_port_that_somebody_else_listens_on_is_named(upstream):
    with pytest.raises(PortTakenError, match=f"port {upstream[1]} is in use"):
        Ingress(upstream[1])

"""An app in process mode: started, probed, reached through the ingress, stopped."""

import asyncio
import os
import signal
import socket
import sys

import psutil
import pytest


async def test_a_started_app_answers_through_the_ingress(twin, build):
    resource = await twin.put(build())

    answer = await twin.get("/who")

    assert answer["path"] == "/who"
    assert resource.properties["configuration"]["ingress"]["fqdn"] == twin.url.removeprefix("http://")
    assert resource.properties["latestReadyRevisionName"] == resource.properties["latestRevisionName"]


async def test_a_replica_sees_its_own_variables_and_nothing_of_this_process(twin, build, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "never")
    secret = {"secrets": [{"name": "token", "value": "s3cret"}]}
    properties = build(
        env={"COSMOS_ENDPOINT": "https://x", "LOGIN": "https://login.microsoftonline.com"}, **secret
    )
    properties["template"]["containers"][0]["env"].append({"name": "TOKEN", "secretRef": "token"})

    await twin.put(properties)

    env = (await twin.get())["env"]
    assert "OPENAI_API_KEY" not in env
    assert env["TOKEN"] == "s3cret"
    assert env["LOGIN"] == "http://localhost:7777/authority"
    assert env["CONTAINER_APP_NAME"] == "ca-app"
    assert env["CONTAINER_APP_REPLICA_NAME"].startswith(env["CONTAINER_APP_REVISION"])
    assert env["IDENTITY_HEADER"] == "header-0"
    assert env["COSMOS_ENDPOINT"] == "https://x"
    assert "USE_MEMORY_CHECKPOINTER" not in env


async def test_the_pull_asks_with_the_identity_of_the_registry_entry(twin, build, registry):
    await twin.put(build())

    ((image, identity),) = registry.pulls
    assert image.startswith("localhost:7777/")
    assert identity.endswith("id-app")


async def test_closing_sends_sigterm_and_leaves_no_process(twin, build, identities):
    await twin.put(build())
    pid = (await twin.get())["pid"]

    app = twin.behaviour._apps["ca-app"]
    await twin.behaviour.close()

    assert not psutil.pid_exists(pid)
    assert "goodbye" in app.around.console.tail(50)
    assert identities.valid == {}


async def test_a_crash_is_restarted(twin, build, eventually):
    await twin.put(build())
    first = (await twin.get())["pid"]

    os.kill(first, signal.SIGKILL)

    await eventually(
        lambda: twin.revisions()[0]["restarts"] == 1 and twin.revisions()[0]["health"] == "Healthy"
    )
    assert (await twin.get())["pid"] != first


async def test_a_replica_that_fails_its_liveness_probe_is_restarted(twin, build, tmp_path, eventually):
    flag = tmp_path / "broken"
    await twin.put(build(env={"BROKEN": str(flag)}))

    flag.touch()
    await eventually(
        lambda: any("failed its liveness" in line for line in twin.behaviour.logs("ca-app", 100))
    )
    flag.unlink()

    await eventually(lambda: twin.revisions()[0]["health"] == "Healthy")
    assert twin.revisions()[0]["restarts"] >= 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a held port be listened on")
async def test_no_other_program_gets_the_port_of_an_app_that_starts_slowly(twin, build, server, eventually):
    putting = asyncio.create_task(twin.put(build(env={"SLOW": "1"})))

    def starting() -> list[psutil.Process]:
        return [one for one in psutil.Process().children() if str(server) in one.cmdline()]

    await eventually(starting)
    port = int(starting()[0].environ()["PORT"])
    with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
        stranger.bind(("127.0.0.1", port))
    await putting
    assert (await twin.get())["env"]["PORT"] == str(port)


async def test_the_logs_hold_what_the_app_printed(twin, build, eventually):
    await twin.put(build())

    await eventually(
        lambda: any(line.startswith("hello from ca-app--") for line in twin.behaviour.logs("ca-app", 20))
    )
    with pytest.raises(KeyError):
        twin.behaviour.logs("nobody", 20)

"""An app in docker mode: really pulled, limited, probed over the bridge, removed."""

import asyncio
import io
import os
import shutil
import socket
import subprocess
from pathlib import Path

import docker
import pytest
from docker.errors import DockerException

from infra.twin.platform import PulledImage
from infra.twin.runtime.behaviour import ContainerAppBehaviour
from infra.twin.runtime.docker_engine import STACK_LABEL, remove_leftovers
from infra.twin.runtime.labels import state_label

pytestmark = pytest.mark.docker

BASE = "seatrial-base:bookworm"
STACK = f"runtime-test-{os.getpid()}"


def unavailable(reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(f"docker tier: {reason}")
    pytest.skip(f"docker tier left out: {reason}")


@pytest.fixture(scope="module")
def engine():
    try:
        client = docker.from_env()
        client.ping()
        client.images.get(BASE)
    except DockerException as error:
        unavailable(f"no engine or no image {BASE}: {error}")
    yield client
    client.close()


@pytest.fixture(scope="module")
def registry_server(tmp_path_factory):
    binary = shutil.which("docker-registry")
    if binary is None:
        unavailable("no docker-registry")
    folder: Path = tmp_path_factory.mktemp("registry")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = folder / "config.yml"
    config.write_text(
        f"version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {folder}/data\n"
        f"http:\n  addr: 127.0.0.1:{port}\n"
    )
    server = subprocess.Popen(
        [binary, "serve", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    yield f"localhost:{port}"
    server.terminate()
    server.wait()


@pytest.fixture(scope="module")
def image(engine, registry_server):
    """Push an image that runs the program it is given as an argument; return its reference by digest."""
    yield rebuilt(engine, f"{registry_server}/app", "program")
    for left in engine.images.list(filters={"reference": f"{registry_server}/*"}):
        engine.images.remove(left.id, force=True)


def pushed(engine, name: str) -> str:
    lines = engine.api.push(name, tag="1", stream=True, decode=True)
    digest = next(line["aux"]["Digest"] for line in lines if "Digest" in line.get("aux", {}))
    return f"{name}@{digest}"


class DockerRegistry:
    """Authorise pulls from the test's registry."""

    async def pull(self, image_ref, identity_resource_id):
        name, _, digest = image_ref.partition("@")
        return PulledImage(
            reference=image_ref, repository=name.partition("/")[2], digest=digest, identity=None, login=None
        )


@pytest.fixture
async def twin_service():
    """Stand for the twin's data plane, reachable from containers over the bridge."""
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "0.0.0.0", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


@pytest.fixture
async def docked(twin, platform, pace, engine, twin_service):
    """Return the twin of the other tests with its apps in containers."""
    await twin.behaviour.close()
    platform.mode, platform.stack, platform.registry = "docker", STACK, DockerRegistry()
    platform.endpoints = (f"http://localhost:{twin_service}",)
    twin.behaviour = ContainerAppBehaviour(platform, pace=pace)
    await twin.behaviour.open(twin.state)
    yield twin
    await twin.behaviour.close()
    assert engine.containers.list(all=True, filters={"label": f"{STACK_LABEL}={STACK}"}) == []


@pytest.fixture
def contained(build, image, server):
    """Return a maker of apps whose container runs the test server."""

    def make(**changes):
        properties = build(**changes)
        (container,) = properties["template"]["containers"]
        container["image"] = image
        container["args"] = [server.read_text()]
        return properties

    return make


async def test_a_container_answers_without_a_published_port(
    docked, contained, engine, twin_service, eventually
):
    await docked.put(contained(env={"MODEL": f"http://localhost:{twin_service}/v1"}))

    answer = await docked.get("/inside")

    (container,) = engine.containers.list(filters={"label": f"{STACK_LABEL}={STACK}"})
    assert answer["path"] == "/inside"
    assert answer["env"]["MODEL"] == f"http://host.docker.internal:{twin_service}/v1"
    assert answer["env"]["PORT"] == "8000"
    assert "SEATRIAL_HOST" not in answer["env"]
    assert not any(container.attrs["NetworkSettings"]["Ports"].values())
    assert container.attrs["HostConfig"]["ReadonlyRootfs"] is True
    await eventually(
        lambda: any(line.startswith("hello from") for line in docked.behaviour.logs("ca-app", 20))
    )


async def test_a_copy_in_the_local_engine_does_not_count(docked, contained, engine, image):
    name, _, digest = image.partition("@")
    absent = contained()
    absent["template"]["containers"][0]["image"] = f"{name.rpartition('/')[0]}/gone@{digest}"

    problem = await docked.refused(absent)

    assert problem.finding.code == "ST024"
    assert "Failed to pull image" in problem.message


async def test_of_a_repository_the_engine_keeps_the_image_that_was_pulled_last(
    docked, contained, engine, registry_server
):
    name = f"{registry_server}/often"
    references = [rebuilt(engine, name, content) for content in ("first", "second")]
    for reference in references:
        properties = contained()
        properties["template"]["containers"][0]["image"] = reference
        await docked.put(properties)

    await docked.behaviour.close()

    (left,) = engine.images.list(filters={"reference": name})
    assert left.attrs["RepoDigests"] == [references[1]]


def rebuilt(engine, name: str, content: str) -> str:
    """Push an image of its own for this content under the same tag."""
    dockerfile = f'FROM {BASE}\nLABEL content={content}\nUSER 1000\nENTRYPOINT ["python3", "-c"]\n'
    engine.images.build(fileobj=io.BytesIO(dockerfile.encode()), tag=f"{name}:1", rm=True)
    return pushed(engine, name)


async def test_an_image_for_another_processor_is_refused(
    docked, contained, engine, registry_server, tmp_path
):
    properties = contained()
    properties["template"]["containers"][0]["image"] = foreign(engine, registry_server, tmp_path)

    problem = await docked.refused(properties)

    assert problem.finding.code == "ST006"
    assert "image OS/Arc must be linux/amd64 but found" in problem.message


def foreign(engine, server: str, folder: Path) -> str:
    """Push an image for arm64; its one file is enough for that."""
    (folder / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    build = ["docker", "buildx", "build", "--platform", "linux/arm64", "--provenance=false", "--load"]
    subprocess.run([*build, "-t", f"{server}/arm:1", str(folder)], check=True, capture_output=True)
    return pushed(engine, f"{server}/arm")


async def test_a_wrong_probe_port_is_seen_from_outside_the_container(docked, contained, probe):
    problem = await docked.refused(contained(probes=[probe("Startup", port=9000, failureThreshold=10)]))

    assert problem.finding.code == "ST009"
    assert "listens on 8000" in problem.message


async def test_an_app_on_the_containers_loopback_is_told_to_listen_on_all_addresses(docked, contained, probe):
    problem = await docked.refused(
        contained(env={"SEATRIAL_HOST": "127.0.0.1"}, probes=[probe("Startup", failureThreshold=10)])
    )

    assert problem.finding.code == "ST009"
    assert "127.0.0.1:8000" in problem.message
    assert "0.0.0.0" in problem.finding.fix


async def test_a_crash_in_a_container_quotes_its_last_words(docked, contained):
    problem = await docked.refused(contained(env={"CRASH": "no such table"}))

    assert problem.finding.code == "ST007"
    assert "exit code '1'" in problem.message
    assert "no such table" in problem.message


async def test_a_twin_out_of_reach_is_a_firewall_finding(docked, contained, platform):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        platform.endpoints = (f"http://localhost:{closed.getsockname()[1]}",)

        problem = await docked.refused(contained(env={"SLOW": "3"}))

    assert problem.finding.code == "ST018"
    assert "host.docker.internal" in problem.message


async def test_sigterm_reaches_the_app_before_it_is_removed(docked, contained):
    await docked.put(contained())
    app = docked.behaviour._apps["ca-app"]

    await docked.behaviour.close()

    assert "goodbye" in app.around.console.tail(20)


async def test_leftovers_of_another_checkout_are_left_alone(docked, contained, engine, tmp_path):
    await docked.put(contained())

    assert remove_leftovers(engine, tmp_path / "elsewhere") == 0
    assert state_label(tmp_path / "elsewhere") != state_label(docked.platform.state)
    assert remove_leftovers(engine, docked.platform.state) == 1

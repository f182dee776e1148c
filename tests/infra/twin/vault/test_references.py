"""Secrets by reference, from the vault into a replica: as the app's identity, at start and at rotation."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.twin.client import ArmError
from infra.twin.config import TwinConfig
from infra.twin.runtime.behaviour import ContainerAppBehaviour
from infra.twin.runtime.plan import Pace
from tests.infra.twin.conftest import ACR_PULL, GROUP, REGION, SUBSCRIPTION, TENANT, Rehearsal, rehearsal
from tests.infra.twin.vault.conftest import SECRETS_USER, VaultTwin, make_vault

API = "2025-02-02-preview"
SERVER = """
import http.server, json, os, signal, sys
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps([os.environ.get("WEATHER_API_KEY"), os.getpid()]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Page).serve_forever()
"""


class App:
    """Drive one app that has a secret by reference, in a twin that runs it."""

    def __init__(self, vault: VaultTwin) -> None:
        self.vault = vault
        self.twin = vault.twin
        registry = self.twin.registry()
        self.twin.role(registry["id"], vault.identity["properties"]["principalId"], ACR_PULL, "f" * 8)
        path = f"{GROUP}/providers/Microsoft.App/managedEnvironments/cae"
        self.environment = self.twin.arm.put(path, {"location": REGION, "properties": {}}, API)["id"]

    def set(self, value: str) -> str:
        answer = self.vault.ask(
            "PUT", "/secrets/weather-api-key", self.vault.operator_token(), json={"value": value}
        )
        return str(answer.raise_for_status().json()["id"])

    def put(self, url: str | None = None, **more: str) -> dict[str, Any]:
        identity = self.vault.identity["id"]
        url = url or f"{self.vault.address}/secrets/weather-api-key"
        variables = [
            {"name": "PORT", "value": "8000"},
            {"name": "WEATHER_API_KEY", "secretRef": "weather-api-key"},
            *({"name": name, "value": value} for name, value in more.items()),
        ]
        container = {
            "name": "app",
            "image": f"{self.twin.login_server}/seatrial@sha256:{'0' * 64}",
            "resources": {"cpu": 0.5, "memory": "1Gi"},
            "env": variables,
        }
        properties = {
            "managedEnvironmentId": self.environment,
            "configuration": {
                "ingress": {"external": True, "targetPort": 8000},
                "registries": [{"server": self.twin.login_server, "identity": identity}],
                "secrets": [{"name": "weather-api-key", "keyVaultUrl": url, "identity": identity}],
            },
            "template": {"containers": [container], "scale": {"minReplicas": 1, "maxReplicas": 1}},
        }
        body = {
            "location": REGION,
            "identity": {"type": "UserAssigned", "userAssignedIdentities": {identity: {}}},
            "properties": properties,
        }
        return self.twin.arm.put(f"{GROUP}/providers/Microsoft.App/containerApps/ca-app", body, API)

    def refused(self) -> ArmError:
        with pytest.raises(ArmError) as caught:
            self.put()
        return caught.value

    def told(self) -> list[Any]:
        (url,) = self.twin.admin.status()["urls"].values()
        with httpx.Client(trust_env=False, timeout=30) as client:
            found: list[Any] = client.get(url).raise_for_status().json()
            return found

    def eventually(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline, self.twin.admin.logs()
            time.sleep(0.1)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    config = TwinConfig(
        stack="dev",
        state=tmp_path / "state",
        app_command=(sys.executable, "-c", SERVER),
        app_cwd=tmp_path,
        subscription=SUBSCRIPTION,
        tenant=TENANT,
    )
    config.state.mkdir()
    pace = Pace(rotation=0.2, settle=0.2)
    with rehearsal(config, lambda platform: ContainerAppBehaviour(platform, pace=pace)) as twin:
        twin.group()
        yield App(VaultTwin(twin, make_vault(twin), twin.identity()))


def codes(twin: Rehearsal) -> list[str]:
    return [finding["code"] for finding in twin.admin.status()["findings"]]


def test_a_replica_gets_the_value_and_nothing_else_shows_it(app: App) -> None:
    app.set("s3cr3t-one")
    app.vault.role(SECRETS_USER)

    shown = app.put()

    assert app.told()[0] == "s3cr3t-one"
    assert "s3cr3t" not in repr([shown, app.twin.admin.status(), app.twin.admin.logs()])
    files = [path for path in app.twin.twin.config.state.rglob("*") if path.is_file()]
    holding = {path.name for path in files if b"s3cr3t" in path.read_bytes()}
    assert holding == {"secrets.json"}
    said = app.twin.admin.status()["not_shown"]
    assert any("in Azure within 30 minutes" in sentence for sentence in said)
    assert not [sentence for sentence in said if "not resolved" in sentence]


def test_without_the_role_the_app_is_refused_until_it_is_there(app: App) -> None:
    app.set("one")

    refused = app.refused()

    assert refused.code == "InvalidParameterValueInContainerTemplate"
    assert "Unable to get value using Managed identity" in refused.message
    assert refused.finding is not None
    assert refused.finding.code == "ST029"
    assert "DeniedWithNoValidRBAC" in refused.finding.message
    app.vault.role(SECRETS_USER)
    app.put()
    assert app.told()[0] == "one"
    assert codes(app.twin) == []


def test_a_secret_that_was_never_set_is_named_with_the_next_step(app: App) -> None:
    app.vault.role(SECRETS_USER)

    refused = app.refused()

    assert refused.finding is not None
    assert refused.finding.code == "ST030"
    assert "weather-api-key was not found in this key vault" in refused.finding.message
    assert "seatrial secret set weather-api-key" in refused.finding.fix
    app.set("one")
    app.put()
    assert app.told()[0] == "one"


def test_a_new_version_restarts_the_replica_without_a_deployment(app: App) -> None:
    app.set("one")
    app.vault.role(SECRETS_USER)
    before = app.put()["properties"]["latestRevisionName"]
    first = app.told()

    app.set("two")

    app.eventually(lambda: app.told()[0] == "two")
    assert app.told()[1] != first[1]
    shown = app.twin.arm.get(f"{GROUP}/providers/Microsoft.App/containerApps/ca-app", API)
    assert shown["properties"]["latestRevisionName"] == before
    assert any("has a new version, restarting" in line for line in app.twin.admin.logs())


def test_a_reference_with_a_version_stays_with_it(app: App) -> None:
    url = app.set("one")
    app.vault.role(SECRETS_USER)
    app.put(url)

    app.set("two")
    time.sleep(1)

    assert app.told()[0] == "one"


def test_a_running_app_keeps_its_value_when_the_role_goes(app: App) -> None:
    app.set("one")
    role = app.vault.role(SECRETS_USER)
    app.put()
    first = app.told()

    app.twin.arm.delete(role, "2022-04-01")

    app.eventually(lambda: any("keeps its value" in line for line in app.twin.admin.logs()))
    assert app.told() == first
    said = [line for line in app.twin.admin.logs() if "keeps its value" in line]
    time.sleep(1)
    assert [line for line in app.twin.admin.logs() if "keeps its value" in line] == said


def test_a_deployment_that_may_not_read_leaves_what_runs(app: App) -> None:
    app.set("one")
    role = app.vault.role(SECRETS_USER)
    app.put()
    app.twin.arm.delete(role, "2022-04-01")

    with pytest.raises(ArmError, match="Unable to get value"):
        app.put(MORE="1")

    assert app.told()[0] == "one"

"""A twin with the program's database in it, and app processes that reach it as replicas do."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.components.containers import ContainerFacts, database_facts
from infra.project import Project
from infra.twin.config import TwinConfig
from infra.twin.runtime.trust import bundle
from tests.infra.twin.conftest import GROUP, REGION, SUBSCRIPTION, TENANT, Rehearsal, rehearsal

ACCOUNT = f"{GROUP}/providers/Microsoft.DocumentDB/databaseAccounts/cosmos-test"
CONTRIBUTOR, READER = "00000000-0000-0000-0000-000000000002", "00000000-0000-0000-0000-000000000001"
API = "2025-10-15"
KEPT = {"PATH", "HOME", "LANG", "PYTHONPATH", "VIRTUAL_ENV", "TMPDIR"}
START_SECONDS = 60


@dataclass
class App:
    """Hold one app process of its own and how to talk to it."""

    process: "subprocess.Popen[str]"
    url: str
    environment: dict[str, str]
    http: httpx.Client

    def wait_ready(self) -> "App":
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.process.communicate()
            try:
                if self.http.get("/health/ready").status_code == 200:
                    return self
            except httpx.TransportError:
                time.sleep(0.05)
        pytest.fail("the app did not become ready")

    def say(self, thread: str, message: str) -> dict[str, Any]:
        answer = self.http.post("/api/v1/message", json={"message": message, "thread_id": thread})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@dataclass
class Deployed:
    """Drive the twin and start apps against it."""

    twin: Rehearsal
    identity: dict[str, Any]
    endpoint: str
    started: list[App] = field(default_factory=list)

    def grant(self, role: str = CONTRIBUTOR, scope: str = "") -> None:
        properties = {
            "roleDefinitionId": f"{ACCOUNT}/sqlRoleDefinitions/{role}",
            "principalId": self.identity["properties"]["principalId"],
            "scope": f"{ACCOUNT}{scope}",
        }
        path = f"{ACCOUNT}/sqlRoleAssignments/aaaaaaaa-0000-4000-8000-000000000000"
        self.twin.arm.put(path, {"properties": properties}, API)

    def start(self, **variables: str) -> App:
        platform = self.twin.twin.platform
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        environment = {
            **{name: value for name, value in os.environ.items() if name in KEPT},
            **platform.identities.grant([self.identity["id"]]).environment(),
            "SSL_CERT_FILE": str(bundle(platform)),
            "AZURE_CLIENT_ID": self.identity["properties"]["clientId"],
            "COSMOS_ENDPOINT": self.endpoint,
            "SEATRIAL_AUTH": "open",
            "SEATRIAL_MODEL": "scripted",
            "SEATRIAL_METRICS_OPEN": "true",
            "PORT": str(port),
            **variables,
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "app"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False)
        app = App(process, f"http://127.0.0.1:{port}", environment, http)
        self.started.append(app)
        return app

    def refused(self, **variables: str) -> str:
        """Start an app that must end by itself with one line, and return the line."""
        app = self.start(**variables)
        _, errors = app.process.communicate(timeout=START_SECONDS)
        assert app.process.returncode == 1
        assert len(errors.splitlines()) == 1, errors
        return errors

    def stop(self) -> None:
        for app in self.started:
            app.http.close()
            app.process.kill()
            app.process.communicate()


def container(facts: ContainerFacts, **changes: Any) -> dict[str, Any]:
    """Return a container of the data file as the program asks for it."""
    resource = {
        "id": facts.name,
        "partitionKey": {"paths": [facts.partitionKey], "kind": "Hash", "version": 2},
        "defaultTtl": facts.ttl,
        "indexingPolicy": {
            "automatic": True,
            "indexingMode": "consistent",
            "includedPaths": [{"path": path} for path in facts.indexing.include],
            "excludedPaths": [{"path": path} for path in facts.indexing.exclude],
        },
        **changes,
    }
    return {"properties": {"resource": resource}}


@pytest.fixture
def deployed(tmp_path: Path) -> Iterator[Deployed]:
    """Yield the twin with account, database and containers, and an identity without any role."""
    state = tmp_path / "state"
    state.mkdir()
    config = TwinConfig(stack="dev", state=state, app_cwd=tmp_path, subscription=SUBSCRIPTION, tenant=TENANT)
    with rehearsal(config) as twin:
        twin.group()
        account = {
            "location": REGION,
            "kind": "GlobalDocumentDB",
            "properties": {
                "databaseAccountOfferType": "Standard",
                "locations": [{"locationName": REGION, "failoverPriority": 0}],
                "capabilities": [{"name": "EnableServerless"}],
                "disableLocalAuth": True,
            },
        }
        made = twin.arm.put(ACCOUNT, account, API)
        facts = database_facts(Project.find(Path.cwd()))
        database = f"{ACCOUNT}/sqlDatabases/{facts.database}"
        twin.arm.put(database, {"properties": {"resource": {"id": facts.database}}}, API)
        for one in facts.containers:
            twin.arm.put(f"{database}/containers/{one.name}", container(one), API)
        found = Deployed(twin, twin.identity(), str(made["properties"]["documentEndpoint"]))
        yield found
        found.stop()


Eventually = Callable[[Callable[[], bool]], None]


@pytest.fixture
def eventually() -> Eventually:
    def wait(condition: Callable[[], bool], seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "it did not happen"
            time.sleep(0.05)

    return wait

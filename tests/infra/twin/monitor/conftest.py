"""A twin with one component, and the genuine exporter that sends to it."""

from collections.abc import Iterator
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from infra.project import Project
from infra.twin.config import TwinConfig
from infra.twin.identity.tokens import Principal
from tests.infra.twin.conftest import GROUP, REGION, SUBSCRIPTION, TENANT, Rehearsal, rehearsal

OWN = (
    "STATSBEAT_DISABLED_ALL",
    "SDKSTATS_DISABLED",
    "CONTROLPLANE_DISABLED",
    "OPENTELEMETRY_RESOURCE_METRIC_DISABLED",
)
PUBLISHER = "3913510d-42f4-4e42-8a64-420c390055eb"


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Give a project with one stack, whose twin is `twin`."""
    root = tmp_path_factory.mktemp("monitor")
    for name, text in {"infra/Pulumi.yaml": "name: x\n", "stacks/Pulumi.dev.yaml": "config: {}\n"}.items():
        (root / name).parent.mkdir(parents=True)
        (root / name).write_text(text)
    return Project(root)


@pytest.fixture(scope="module")
def twin(watched: Project) -> Iterator[Rehearsal]:
    state = watched.state("dev")
    state.mkdir(parents=True)
    config = TwinConfig(
        stack="dev", state=state, app_cwd=watched.root, subscription=SUBSCRIPTION, tenant=TENANT
    )
    with rehearsal(config) as started:
        started.group()
        yield started


@pytest.fixture(scope="module")
def component(twin: Rehearsal) -> dict[str, Any]:
    """Return a component that the app's identity may publish to."""
    workspace = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/logs"
    logs = twin.arm.put(workspace, {"location": REGION}, "2023-09-01")["id"]
    properties = {"Application_Type": "web", "WorkspaceResourceId": logs, "DisableLocalAuth": True}
    body = {"location": REGION, "kind": "web", "properties": properties}
    made = twin.arm.put(f"{GROUP}/providers/Microsoft.Insights/components/ai", body, "2020-02-02")
    twin.role(made["id"], twin.identity()["properties"]["principalId"], PUBLISHER)
    return made


class Identity:
    """Give tokens of the app's identity for whatever resource they are asked for."""

    def __init__(self, twin: Rehearsal, principal: str) -> None:
        self._twin, self._principal = twin, principal

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        audience = scopes[0].removesuffix("/.default")
        principal = Principal(object_id=self._principal, client_id="c")
        return AccessToken(*self._twin.twin.identities.directory.issue(principal, audience))


@pytest.fixture
def provider(
    twin: Rehearsal, component: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[TracerProvider]:
    for own in OWN:
        monkeypatch.setenv(f"APPLICATIONINSIGHTS_{own}", "true")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", twin.admin.address.trust_file)
    from azure.monitor.opentelemetry.exporter import AzureMonitorTraceExporter  # noqa: PLC0415

    exporter = AzureMonitorTraceExporter(
        connection_string=component["properties"]["ConnectionString"],
        credential=Identity(twin, twin.identity()["properties"]["principalId"]),
        disable_offline_storage=True,
    )
    made = TracerProvider(resource=Resource.create({"service.name": "seatrial"}), shutdown_on_exit=False)
    made.add_span_processor(SimpleSpanProcessor(exporter))
    yield made
    made.shutdown()

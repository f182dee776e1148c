"""The policy pack as its own process, asked over its gRPC port as Pulumi's engine asks it."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2  # type: ignore[import-untyped]  # no stubs locked
from pulumi.runtime import rpc
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from infra.plan import Plan, PlannedResource
from infra.policy.catalogue import rules
from infra.policy.checks import OF_PLAN
from infra.project import Project
from tests.infra.policy.conftest import GROUPS, examples_in, settings

pytestmark = pytest.mark.policypack
PREFIX = "policy."


@dataclass
class Pack:
    """Speak to a running pack."""

    stub: Any

    def of_resource(self, resource: PlannedResource) -> list[Any]:
        asked = analyzer_pb2.AnalyzeRequest(
            type=resource.type, properties=wire(resource), urn=resource.urn, name=resource.name
        )
        return list(self.stub.Analyze(asked).diagnostics)

    def of_stack(self, plan: Plan) -> list[Any]:
        every = [
            analyzer_pb2.AnalyzerResource(type=one.type, properties=wire(one), urn=one.urn, name=one.name)
            for one in plan.resources
        ]
        return list(self.stub.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=every)).diagnostics)

    def of_plan(self, plan: Plan) -> list[Any]:
        return [*(said for one in plan.resources for said in self.of_resource(one)), *self.of_stack(plan)]


def wire(resource: PlannedResource) -> Any:
    """Return a resource's inputs as the engine sends them, with its sign for what it does not know yet."""
    given = struct_pb2.Struct()
    given.update(unknown(resource.inputs))
    return given


def unknown(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: unknown(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [unknown(inner) for inner in value]
    return rpc.UNKNOWN if value is None else value


def code_of(diagnostic: Any) -> str:
    return str(diagnostic.policyName).partition("-")[0].upper()


@pytest.fixture(scope="module")
def started(project: Project) -> Iterator[Callable[..., Pack]]:
    """Give a function that starts the pack, for a stack with these bounds of its own."""
    python = os.environ["SEATRIAL_POLICY_PYTHON"]
    running: list[subprocess.Popen[bytes]] = []
    channels: list[grpc.Channel] = []

    def start(bounds: dict[str, Any]) -> Pack:
        given = {"PULUMI_CONFIG": json.dumps({"seatrial:policy": json.dumps(bounds)})} if bounds else {}
        inherited = {
            key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "VIRTUAL_ENV"}
        }
        process = subprocess.Popen(
            [python, str(project.root / "infra" / "policy" / "pack")],
            stdout=subprocess.PIPE,
            cwd="/",
            env={**inherited, "PULUMI_STACK": "dev", "PYTHONUNBUFFERED": "1", **given},
        )
        running.append(process)
        assert process.stdout is not None
        channel = grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}")
        channels.append(channel)
        return Pack(analyzer_pb2_grpc.AnalyzerStub(channel))

    yield start
    for channel in channels:
        channel.close()
    for process in running:
        process.terminate()
        process.communicate(timeout=10)


@pytest.fixture(scope="module")
def pack(started: Callable[..., Pack]) -> Pack:
    return started({})


def test_it_tells_the_engine_every_rule_with_its_severity(pack: Pack) -> None:
    info = pack.stub.GetAnalyzerInfo(empty_pb2.Empty())

    told = {one.name: one.enforcementLevel for one in info.policies}
    levels = {"mandatory": analyzer_pb2.MANDATORY, "advisory": analyzer_pb2.ADVISORY}
    assert info.name == "seatrial"
    assert told == {f"{code.lower()}-{rule.name}": levels[rule.severity] for code, rule in rules().items()}


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_a_bundled_stack_breaks_no_policy(pack: Pack, stack: str, plan_of: Callable[[str], Plan]) -> None:
    assert [said.message for said in pack.of_plan(plan_of(stack))] == []


@pytest.mark.parametrize("group", range(GROUPS))
def test_examples_break_their_rules_and_no_other(
    group: int, started: Callable[..., Pack], pack: Pack, broken_plan: Callable[[int], Plan]
) -> None:
    chosen = examples_in(group)
    given = settings(chosen).items()
    bounds = {key.removeprefix(PREFIX): value for key, value in given if key.startswith(PREFIX)}

    said = (started(bounds) if bounds else pack).of_plan(broken_plan(group))

    assert {code_of(one) for one in said} == {rule.code for rule in chosen}
    for one in said:
        mandatory = rules()[code_of(one)].mandatory
        assert one.enforcementLevel == (analyzer_pb2.MANDATORY if mandatory else analyzer_pb2.ADVISORY)
        assert rules()[code_of(one)].fixes[0] in one.message
        assert bool(one.urn) == (rules()[code_of(one)].name not in OF_PLAN)


def test_a_value_that_is_not_known_yet_stops_no_preview(pack: Pack, plan_of: Callable[[str], Plan]) -> None:
    (app,) = plan_of("dev").of_type("azure-native:app:ContainerApp")
    (container,) = app.inputs["template"]["containers"]
    unsure = {**app.inputs, "template": {"containers": [{**container, "image": None}]}}

    assert pack.of_resource(replace(app, inputs=unsure)) == []
    unsure["template"]["containers"][0]["probes"] = []
    assert [code_of(said) for said in pack.of_resource(replace(app, inputs=unsure))] == ["ST106"]


def test_the_pack_s_own_settings_replace_bounds(started: Callable[..., Pack]) -> None:
    pack = started({})
    settings = struct_pb2.Struct()
    settings.update({"cpu": 0.25})
    pack.stub.Configure(
        analyzer_pb2.ConfigureAnalyzerRequest(
            policyConfig={
                "st109-sizes": analyzer_pb2.PolicyConfig(
                    enforcementLevel=analyzer_pb2.ADVISORY, properties=settings
                )
            }
        )
    )
    large = {"template": {"containers": [{"name": "a", "resources": {"cpu": 0.5}}]}}
    job = PlannedResource(type="azure-native:app:Job", name="job", inputs=large, urn="urn:job")

    (said,) = pack.of_resource(job)

    assert code_of(said) == "ST109"
    assert said.enforcementLevel == analyzer_pb2.ADVISORY

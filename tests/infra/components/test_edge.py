"""What a stack file adds around the app: asked for as meant, priced, and not there by default."""

from importlib.util import find_spec
from typing import Any

import pytest

from infra.components.maintenance import COMMAND
from infra.config import load_stack
from infra.cost.estimate import estimate
from infra.cost.model import Status
from infra.plan import Plan, PlannedResource
from infra.policy.limits import limits_of
from infra.policy.verdict import judge
from infra.project import Project
from infra.stack_file import StackFileError
from infra.synthesis import synthesise
from tests.infra.cost.plans import cents, usage

CLIENT = "22222222-2222-4222-8222-222222222222"
AROUND: dict[str, Any] = {
    "maintenance": {"schedule": "17 3 * * 1", "timeoutSeconds": 600},
    "signIn": {"clientId": CLIENT},
    "redis": {"size": "B1", "highAvailability": True},
    "frontDoor": {"sku": "Premium", "requestsPerMinute": 300},
}


@pytest.fixture(scope="module")
def plan(project: Project, bytecode: None) -> Plan:
    return synthesise(project, "staging", AROUND)


@pytest.fixture(scope="module")
def own(project: Project, bytecode: None) -> Plan:
    return synthesise(project, "staging", {"domain": {"name": "chat.example.com"}})


def one(plan: Plan, name: str) -> PlannedResource:
    (found,) = (resource for resource in plan.resources if resource.name == name)
    return found


def test_the_job_is_the_app_with_another_command(plan: Plan) -> None:
    job, app = one(plan, "maintenance").inputs, one(plan, "app").inputs
    (container,), (serving,) = (entry["template"]["containers"] for entry in (job, app))

    assert container["command"] == list(COMMAND)
    assert container["env"] == serving["env"]
    assert container["resources"] == serving["resources"]
    assert (job["identity"], job["configuration"]["registries"]) == (
        app["identity"],
        app["configuration"]["registries"],
    )
    assert job["configuration"]["scheduleTriggerConfig"]["cronExpression"] == "17 3 * * 1"
    assert (job["configuration"]["replicaTimeout"], job["configuration"]["replicaRetryLimit"]) == (600, 0)


def test_the_command_is_there_in_the_app() -> None:
    assert COMMAND[:2] == ("python", "-m")
    assert find_spec(COMMAND[2]) is not None


def test_the_job_waits_for_the_same_roles_as_the_app(plan: Plan) -> None:
    roles = {found.urn for found in plan.of_type("azure-native:authorization:RoleAssignment")}

    assert roles & set(one(plan, "app").depends_on) <= set(one(plan, "maintenance").depends_on)


def test_the_sign_in_believes_the_stacks_tenant_and_leaves_probes_and_the_socket_alone(plan: Plan) -> None:
    inputs = one(plan, "sign-in").inputs
    provider = inputs["identityProviders"]["azureActiveDirectory"]

    assert inputs["authConfigName"] == "current"
    assert provider["registration"]["clientId"] == CLIENT
    assert provider["registration"]["openIdIssuer"].endswith("/11111111-1111-1111-1111-111111111111/v2.0")
    assert "clientSecretSettingName" not in provider["registration"]
    assert provider["validation"]["allowedAudiences"] == [CLIENT, "api://seatrial-staging"]
    assert {"/health", "/health/ready", "/ws"} <= set(inputs["globalValidation"]["excludedPaths"])
    assert inputs["globalValidation"]["unauthenticatedClientAction"] == "RedirectToLoginPage"
    assert inputs["httpSettings"]["forwardProxy"]["convention"] == "Standard"


def test_the_cache_knows_no_keys_and_the_app_waits_for_its_access(plan: Plan) -> None:
    assert one(plan, "redis-database").inputs["accessKeysAuthentication"] == "Disabled"
    assert one(plan, "redis-database").inputs["clientProtocol"] == "Encrypted"
    assert one(plan, "redis").inputs["minimumTlsVersion"] == "1.2"
    assert one(plan, "redis-user").urn in one(plan, "app").depends_on


def test_front_door_asks_the_app_at_its_own_host_and_health(plan: Plan) -> None:
    probe = one(plan, "front-door-origins").inputs["healthProbeSettings"]
    origin, route = (one(plan, f"front-door-{name}") for name in ("origin", "route"))

    assert (probe["probePath"], probe["probeRequestType"]) == ("/health/live", "GET")
    assert origin.inputs["hostName"] == origin.inputs["originHostHeader"]
    assert origin.urn in route.depends_on
    assert route.inputs["forwardingProtocol"] == "HttpsOnly"
    assert "cacheConfiguration" not in route.inputs


def test_the_firewall_bounds_each_address_and_in_premium_knows_microsofts_rules(plan: Plan) -> None:
    inputs = one(plan, "front-door-firewall").inputs
    (rule,) = inputs["customRules"]["rules"]
    guard = one(plan, "front-door-guard").inputs["parameters"]

    assert (rule["rateLimitThreshold"], rule["action"]) == (300, "Block")
    assert [one["ruleSetType"] for one in inputs["managedRules"]["managedRuleSets"]] == [
        "Microsoft_DefaultRuleSet",
        "Microsoft_BotManagerRuleSet",
    ]
    assert inputs["sku"] == one(plan, "front-door").inputs["sku"]
    assert guard["wafPolicy"]["id"].lower().endswith(f"/{inputs['policyName']}")


def test_each_part_is_priced_or_says_why_not(plan: Plan) -> None:
    job = one(plan, "maintenance").inputs["jobName"]
    used = usage(jobs={job: {"perMonth": 4, "seconds": 60}})
    costs = {cost.name: cost for cost in estimate(plan, usage=used).resources}

    assert cents(costs["maintenance"].monthly("expected")) == "0.00"
    assert costs["maintenance"].lines[0].quantity["expected"] == 120
    assert costs["sign-in"].status is costs["redis-user"].status is Status.FREE
    assert costs["redis-database"].status is costs["front-door-route"].status is Status.INCLUDED
    assert costs["front-door-firewall"].status is costs["front-door-guard"].status is Status.INCLUDED
    assert costs["front-door"].lines[0].quantity["idle"] == 1
    assert costs["front-door"].monthly("idle") is None
    assert costs["redis"].monthly("idle") is None
    assert not estimate(plan, usage=used).complete


def test_without_a_figure_a_jobs_runs_are_missing_and_not_free(plan: Plan) -> None:
    costs = {cost.name: cost for cost in estimate(plan, usage=usage()).resources}

    assert costs["maintenance"].monthly("expected") is None


def test_no_policy_is_broken_by_any_of_it(plan: Plan, own: Plan, project: Project) -> None:
    limits = limits_of(load_stack(project, "staging").policy)

    for found in (plan, own):
        said = judge(found, limits)
        assert said.ok, said.findings


def test_a_domain_takes_its_certificate_up_by_itself_in_one_run(own: Plan) -> None:
    (domain,) = one(own, "app").inputs["configuration"]["ingress"]["customDomains"]
    certificate = one(own, "domain")

    assert domain == {"name": "chat.example.com", "bindingType": "Auto"}
    assert certificate.inputs["properties"]["subjectName"] == "chat.example.com"
    assert one(own, "app").urn in certificate.depends_on


def test_a_domain_whose_records_are_not_there_yet_is_not_bound(project: Project) -> None:
    config = load_stack(project, "staging", {"domain": {"name": "chat.example.com", "bind": False}})

    assert config.domain is not None
    assert not config.domain.bind


@pytest.mark.parametrize(
    ("stack", "changes", "words"),
    [
        ("dev", {"signIn": {"clientId": CLIENT}}, "signIn with auth 'key'"),
        ("staging", {"domain": {"name": "a.b.co"}, "frontDoor": {}}, "domain with frontDoor"),
        ("dev", {"maintenance": {"schedule": "daily"}}, "'daily' is no schedule"),
        ("dev", {"maintenance": {"schedule": "61 * * *"}}, "'61 * * *' is no schedule"),
        ("dev", {"domain": {"name": "https://chat.example.com"}}, r"seatrial:domain\.name"),
        ("dev", {"redis": {"size": "B2"}}, r"seatrial:redis\.size"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    project: Project, stack: str, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(StackFileError, match=words.replace("* * *", r"\* \* \*")):
        load_stack(project, stack, changes)

"""The ways in which a revision does not come up, and the finding each of them leads to."""

import time

import psutil


async def test_a_probe_of_another_port_is_told_from_a_slow_start(twin, build, probe):
    problem = await twin.refused(build(probes=[probe("Startup", port=9000, failureThreshold=10)]))

    assert problem.code == "ContainerAppOperationError"
    assert problem.finding.code == "ST009"
    assert "The startup probe failed: connection refused" in problem.message
    assert "Nothing listens on port 9000" in problem.message
    assert "listens on 8000" in problem.message


async def test_a_start_slower_than_the_startup_probe_names_the_seconds(twin, build, probe):
    slow = build(env={"SLOW": "30"}, probes=[probe("Startup", failureThreshold=2, initialDelaySeconds=1)])

    began = time.monotonic()
    problem = await twin.refused(slow)

    assert problem.finding.code == "ST008"
    assert "allows 3 s" in problem.message
    assert "periodSeconds" in problem.finding.fix
    assert time.monotonic() - began < 6


async def test_a_crash_at_start_quotes_exit_code_and_last_words(twin, build):
    problem = await twin.refused(build(env={"CRASH": "no such table"}))

    assert problem.finding.code == "ST007"
    assert "Container 'app' was terminated with exit code '1' and reason 'ProcessExited'" in problem.message
    assert "no such table" in problem.message


async def test_an_unknown_variable_is_told_from_other_refusals(twin, build):
    words = "configuration: SEATRIAL_GAOL is not a variable of this app. Legal names: SEATRIAL_GOAL"
    unknown = await twin.refused(build(env={"CRASH": words}))
    other = await twin.refused(
        build(env={"CRASH": "configuration: COSMOS_ENDPOINT is set but there is no store"})
    )

    assert (unknown.finding.code, other.finding.code) == ("ST011", "ST022")
    assert "SEATRIAL_GAOL" in unknown.finding.message
    assert "COSMOS_ENDPOINT" in other.finding.message


async def test_what_the_database_refused_has_findings_of_its_own(twin, build):
    said = {
        "CosmosRoleMissing": "ST025",
        "CosmosPartitionKey": "ST026",
        "CosmosClosed": "ST031",
        "CosmosContainerMissing": "ST024",
        "CosmosUnreachable": "ST022",
    }

    for code, finding in said.items():
        problem = await twin.refused(
            build(env={"CRASH": f"configuration: {code}: container 'checkpoints' ..."})
        )
        assert problem.finding.code == finding
        assert f"{code}: container 'checkpoints'" in problem.message


async def test_a_target_port_without_a_listener_is_a_finding_of_its_own(twin, build):
    problem = await twin.refused(build(ingress={"external": True, "targetPort": 8080}))

    assert problem.finding.code == "ST013"
    assert "The TargetPort 8080 does not match any of the listening ports: [8000]" in problem.message


async def test_an_app_that_is_never_ready_shows_what_it_answered(twin, build, probe, tmp_path):
    flag = tmp_path / "broken"
    flag.touch()
    probes = [probe("Startup", path="/"), probe("Readiness", failureThreshold=1)]

    problem = await twin.refused(build(env={"BROKEN": str(flag)}, probes=probes))

    assert "The readiness probe failed: HTTP probe failed with statuscode: 503" in problem.message
    assert problem.finding.code == "ST008"


async def test_a_probe_path_that_the_app_does_not_know_is_named(twin, build, probe):
    problem = await twin.refused(build(probes=[probe("Startup", path="/missing", failureThreshold=3)]))

    assert problem.finding.code == "ST009"
    assert "not on the path /missing" in problem.message


async def test_a_command_that_does_not_exist_is_a_failed_start(twin, build):
    properties = build()
    properties["template"]["containers"][0]["command"] = ["/no/such/program"]

    problem = await twin.refused(properties)

    assert problem.finding.code == "ST007"
    assert "/no/such/program" in problem.message


async def test_nothing_is_left_of_a_failed_revision(twin, build, probe, identities):
    before = {child.pid for child in psutil.Process().children(recursive=True)}

    await twin.refused(build(probes=[probe("Startup", port=9000)]))

    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before
    assert identities.valid == {}
    assert twin.revisions()[0]["reason"].startswith("Failed to provision revision")


async def test_a_refused_pull_starts_nothing(twin, build, registry, refusal):
    registry.refusal = refusal

    problem = await twin.refused(build())

    assert problem is refusal
    assert twin.revisions()[0]["replicas"] == 0


async def test_ingress_off_succeeds_with_a_finding_and_a_closed_port(twin, build):
    properties = build()
    del properties["configuration"]["ingress"]

    await twin.put(properties)

    assert [finding.code for finding in twin.findings] == ["ST010"]
    assert twin.behaviour.apps()[0]["url"] is None
    assert twin.revisions()[0]["health"] == "Healthy"

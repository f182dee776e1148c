"""Revisions: when there is a new one, what happens to the old, where the traffic goes."""

import asyncio
import copy

import aiohttp

from infra.twin.runtime.behaviour import ContainerAppBehaviour


async def test_an_unchanged_template_makes_no_new_revision(twin, build):
    await twin.put(build())
    pid = (await twin.get())["pid"]

    await twin.put(build())

    assert len(twin.revisions()) == 1
    assert (await twin.get())["pid"] == pid


async def test_a_changed_template_replaces_the_revision_once_it_is_ready(twin, build):
    first = await twin.put(build())

    second = await twin.put(build(env={"COLOUR": "blue"}))

    assert (await twin.get())["env"]["COLOUR"] == "blue"
    assert first.properties["latestRevisionName"] != second.properties["latestRevisionName"]
    assert [item["active"] for item in twin.revisions()] == [True, False]


async def test_a_failing_new_revision_leaves_the_old_one_serving(twin, build):
    await twin.put(build())
    pid = (await twin.get())["pid"]

    await twin.refused(build(env={"CRASH": "broken release"}))

    assert (await twin.get())["pid"] == pid
    failed, serving = twin.revisions()
    assert (failed["active"], serving["active"]) == (False, True)
    assert serving["weight"] == 100


async def test_the_same_template_is_tried_again_after_a_failure(twin, build, registry, refusal):
    registry.refusal = refusal
    await twin.refused(build())
    registry.refusal = None

    await twin.put(build())

    assert len(twin.revisions()) == 1
    assert twin.revisions()[0]["health"] == "Healthy"


async def test_application_scope_changes_make_no_revision(twin, build):
    await twin.put(build())

    await twin.put(build(secrets=[{"name": "new", "value": "x"}]))

    assert len(twin.revisions()) == 1


async def test_weights_share_requests_between_revisions(twin, build):
    one, two = build(activeRevisionsMode="Multiple"), build(activeRevisionsMode="Multiple", env={"N": "2"})
    one["template"]["revisionSuffix"], two["template"]["revisionSuffix"] = "one", "two"
    await twin.put(one)
    two["configuration"]["ingress"]["traffic"] = [
        {"revisionName": "ca-app--one", "weight": 50, "label": "blue"},
        {"latestRevision": True, "weight": 50},
    ]

    await twin.put(two)

    seen = {(await twin.get())["env"]["CONTAINER_APP_REVISION"] for _ in range(40)}
    assert seen == {"ca-app--one", "ca-app--two"}


async def test_a_suffix_is_used_once(twin, build):
    properties = build()
    properties["template"]["revisionSuffix"] = "v1"
    await twin.put(properties)
    changed = copy.deepcopy(properties)
    changed["template"]["containers"][0]["env"].append({"name": "A", "value": "b"})

    problem = await twin.refused(changed)

    assert "revision with suffix v1 already exists" in problem.message


async def test_a_replica_wakes_on_the_first_request_after_scaling_to_zero(twin, build, eventually):
    await twin.put(build(scale={"minReplicas": 0, "cooldownPeriod": 1, "pollingInterval": 1}))
    await eventually(lambda: twin.revisions()[0]["replicas"] == 0)

    answer = await twin.get("/awake")

    assert answer["path"] == "/awake"
    assert twin.revisions()[0]["replicas"] == 1


async def test_as_many_replicas_run_as_the_minimum_says(twin, build):
    await twin.put(build(scale={"minReplicas": 2}))

    assert twin.revisions()[0]["replicas"] == 2


async def test_apps_start_again_with_the_twin(twin, build, platform, pace, eventually):
    await twin.put(build())
    await twin.behaviour.close()

    again = ContainerAppBehaviour(platform, pace=pace)
    twin.behaviour = again
    await again.open(twin.state)

    await eventually(lambda: bool(again.apps()) and again.apps()[0]["revisions"][0]["health"] == "Healthy")
    assert len(twin.revisions()) == 1
    assert (await twin.get())["path"] == "/"
    await again.close()


async def test_a_put_overtakes_what_is_just_coming_back(twin, build, platform, pace):
    await twin.put(build(env={"N": "1", "SLOW": "1"}))
    await twin.behaviour.close()
    twin.behaviour = ContainerAppBehaviour(platform, pace=pace)
    await twin.behaviour.open(twin.state)

    await twin.put(build(env={"N": "2"}))
    await asyncio.sleep(1.5)

    assert (await twin.get())["env"]["N"] == "2"
    assert [item["active"] for item in twin.revisions()] == [True, False]
    await twin.behaviour.close()


async def test_what_comes_back_is_kept_when_it_is_asked_for_again(twin, build, platform, pace):
    await twin.put(build())
    await twin.behaviour.close()
    twin.behaviour = ContainerAppBehaviour(platform, pace=pace)
    await twin.behaviour.open(twin.state)

    await twin.put(build())

    starts = [line for line in twin.behaviour.logs(None, 100) if line.startswith("hello")]
    assert len(twin.revisions()) == 1
    assert len(starts) == 1
    await twin.behaviour.close()


async def test_an_app_with_a_database_has_as_many_replicas_as_any_other(twin, build):
    env = {"COSMOS_ENDPOINT": "https://localhost:1"}

    await twin.put(build(env=env, scale={"minReplicas": 2, "maxReplicas": 4}))

    assert twin.revisions()[0]["replicas"] == 2


async def test_deleting_the_app_closes_its_port_and_forgets_it(twin, build):
    resource = await twin.put(build())

    await twin.behaviour.after_delete(resource, twin.state)

    assert twin.behaviour.apps() == []
    assert not list((twin.platform.state / "apps").glob("*.json"))


async def test_open_requests_bring_more_replicas_up_to_the_maximum(twin, build, eventually):
    rule = {"name": "http", "http": {"metadata": {"concurrentRequests": "1"}}}
    await twin.put(build(scale={"maxReplicas": 2, "pollingInterval": 1, "rules": [rule]}))

    waiting = [asyncio.create_task(twin.get("/wait")) for _ in range(4)]
    await eventually(lambda: twin.revisions()[0]["replicas"] == 2)

    assert {answer["path"] for answer in await asyncio.gather(*waiting)} == {"/wait"}
    assert twin.revisions()[0]["replicas"] == 2


async def test_a_label_reaches_a_revision_without_weight(twin, build):
    one, two = build(activeRevisionsMode="Multiple"), build(activeRevisionsMode="Multiple", env={"N": "2"})
    one["template"]["revisionSuffix"], two["template"]["revisionSuffix"] = "one", "two"
    await twin.put(one)
    traffic = [
        {"revisionName": "ca-app--one", "weight": 100},
        {"revisionName": "ca-app--two", "weight": 0, "label": "green"},
    ]
    two["configuration"]["ingress"]["traffic"] = traffic
    await twin.put(two)

    plain = (await twin.get())["env"]["CONTAINER_APP_REVISION"]
    async with aiohttp.ClientSession() as session:
        host = {"Host": "ca-app---green.localhost"}
        async with session.get(twin.url, headers=host) as response:
            labelled = (await response.json(content_type=None))["env"]["CONTAINER_APP_REVISION"]

    assert (plain, labelled) == ("ca-app--one", "ca-app--two")

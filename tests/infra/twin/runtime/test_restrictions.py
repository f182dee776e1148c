"""Address restrictions on a running app: who is answered, and that a change counts at once."""

import aiohttp

from infra.twin.network.restrictions import HEADER

OFFICE, HOME = "203.0.113.9", "198.51.100.7"


def restricted(properties, *ranges):
    rules = [
        {"name": f"allow-{number}", "action": "Allow", "ipAddressRange": one}
        for number, one in enumerate(ranges)
    ]
    properties["configuration"]["ingress"]["ipSecurityRestrictions"] = rules
    return properties


async def asked(twin, address=None):
    headers = {} if address is None else {HEADER: address}
    async with aiohttp.ClientSession() as session, session.get(twin.url, headers=headers) as response:
        body = await response.text()
        return response.status, body if response.status != 200 else await response.json(content_type=None)


async def test_only_named_addresses_reach_the_app_and_a_change_counts_at_once(twin, build):
    await twin.put(restricted(build(), "203.0.113.0/24"))

    assert await asked(twin, HOME) == (403, "RBAC: access denied")
    status, answer = await asked(twin, OFFICE)
    assert status == 200
    assert answer["headers"]["X-Forwarded-For"] == OFFICE
    assert HEADER not in answer["headers"]
    assert (await asked(twin))[0] == 200
    assert any(HEADER in sentence for sentence in twin.behaviour.not_shown())

    await twin.put(restricted(build(), f"{HOME}/32"))

    assert (await asked(twin, HOME))[0] == 200
    assert (await asked(twin, OFFICE))[0] == 403
    assert len(twin.revisions()) == 1


async def test_mixed_rules_are_refused_before_anything_starts(twin, build):
    properties = restricted(build(), "203.0.113.0/24", "198.51.100.0/24")
    properties["configuration"]["ingress"]["ipSecurityRestrictions"][1]["action"] = "Deny"

    assert "all Allow or all Deny" in (await twin.refused(properties)).message

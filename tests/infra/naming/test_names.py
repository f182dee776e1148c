import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.naming import RULES, Names, assignment, subscription_of, token, url_of, version_of

LEGAL = {
    "group": r"[\w.()-]{0,89}[\w()-]",
    "identity": r"[A-Za-z0-9][\w-]{2,127}",
    "registry": r"[A-Za-z0-9]{5,50}",
    "cosmos": r"[a-z0-9][a-z0-9-]{1,42}[a-z0-9]",
    "model": r"[A-Za-z0-9][A-Za-z0-9-]{0,62}[A-Za-z0-9]",
    "logs": r"[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]",
    "telemetry": r"[\w.()-]{0,259}[\w()-]",
    "environment": r"[a-z](?!.*--)[a-z0-9-]{0,30}[a-z0-9]",
    "app": r"[a-z](?!.*--)[a-z0-9-]{0,30}[a-z0-9]",
    "job": r"[a-z](?!.*--)[a-z0-9-]{0,30}[a-z0-9]",
    "certificate": r"[a-zA-Z0-9-]{1,60}",
    "redis": r"(?=.{1,60}$)[A-Za-z0-9]+(-[A-Za-z0-9]+)*",
    "front_door": r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,89}",
    "front_door_endpoint": r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,45}",
    "firewall": r"[a-zA-Z][a-zA-Z0-9]{0,127}",
    "diagnostics": r"[\w.-]{1,260}",
    "action_group": r"[\w.-]{1,260}",
    "alert": r"[\w.-]{1,260}",
    "web_test": r"[\w.-]{1,64}",
    "workbook": r"[\w-]{1,100}",
    "budget": r"[\w-]{1,63}",
    "state": r"[a-z0-9]{3,24}",
    "vault": r"[a-z](?!.*--)[a-z0-9-]{1,22}[a-z0-9]",
    "network": r"[A-Za-z0-9](?:[\w.-]{0,62}\w)",
    "private_endpoint": r"[A-Za-z0-9](?:[\w.-]{0,62}\w)?",
}
TOKEN = "0a1b2c3d"
words = st.text(min_size=1, max_size=80)


def test_every_kind_has_a_limit_here() -> None:
    assert LEGAL.keys() == RULES.keys()


@given(project=words, stack=words, kind=st.sampled_from(sorted(RULES)))
def test_every_name_is_legal_for_its_type(project: str, stack: str, kind: str) -> None:
    name = Names(project=project, stack=stack, token=TOKEN).of(kind)

    assert re.fullmatch(LEGAL[kind], name, re.ASCII), name
    assert RULES[kind].shortest <= len(name) <= RULES[kind].longest


@given(project=words, stack=words)
def test_world_wide_names_keep_their_token_even_when_cut(project: str, stack: str) -> None:
    assert Names(project=project, stack=stack, token=TOKEN).of("registry").endswith(TOKEN)


@given(one=words, other=words, kind=st.sampled_from(["app", "environment", "group"]))
def test_two_stacks_never_share_a_name(one: str, other: str, kind: str) -> None:
    names = {Names(project="seatrial", stack=stack).of(kind) for stack in (one, other)}

    assert (len(names) == 1) == (one == other)


@given(project=words, stack=words)
def test_short_names_fit_a_text_message(project: str, stack: str) -> None:
    assert 1 <= len(Names(project=project, stack=stack).short) <= 12


def test_a_name_reads_as_what_it_is() -> None:
    assert Names(project="seatrial", stack="dev", token=TOKEN).of("registry") == f"crseatrialdev{TOKEN}"
    assert Names(project="seatrial", stack="dev").of("alert", "restarts") == "alert-seatrial-dev-restarts"


def test_an_assignment_keeps_its_name_and_another_principal_gets_another() -> None:
    first = assignment("/Scope", "principal", "role")

    assert first == assignment("/scope", "PRINCIPAL", "role")
    assert first != assignment("/scope", "other", "role")


def test_a_group_s_token_is_its_own_and_a_suffix_changes_it() -> None:
    assert token("/subscriptions/a/resourceGroups/RG") == token("/subscriptions/a/resourcegroups/rg")
    assert token("/subscriptions/a/resourceGroups/rg", "2") != token("/subscriptions/a/resourceGroups/rg")


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("cr.azurecr.io/seatrial@sha256:" + "ab" * 32, "abababababab"),
        ("localhost:5100/seatrial:src-12ab", "src-12ab"),
        ("localhost:5100/seatrial:src-12ab@sha256:" + "ab" * 32, "src-12ab"),
        ("localhost:5100/seatrial@sha256:" + "ab" * 32, "abababababab"),
    ],
)
def test_a_version_is_part_of_the_image_s_reference(image: str, version: str) -> None:
    assert version_of(image) == version


def test_only_localhost_goes_without_a_certificate() -> None:
    assert url_of("localhost:8080") == "http://localhost:8080"
    assert url_of("ca-dev.nice.eastus.azurecontainerapps.io").startswith("https://")


def test_the_subscription_is_the_head_of_an_id() -> None:
    assert subscription_of("/subscriptions/abc/resourceGroups/rg") == "/subscriptions/abc"

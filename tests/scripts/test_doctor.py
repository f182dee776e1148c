"""`seatrial doctor` and `seatrial bootstrap` as they are typed."""

import json

import pytest

from infra.doctor.checks.catalogue import CHECKS


def test_offline_every_check_has_a_verdict_and_azures_are_skipped(seatrial) -> None:
    said = seatrial("doctor", "--offline", "--json")
    found = json.loads(said.out)
    by_name = {one["name"]: one for one in found["checks"]}

    assert list(by_name) == [check.name for check in CHECKS]
    assert all(one["seen"] and one["link"].startswith("https://") for one in found["checks"])
    assert all(one["fix"] for one in found["checks"] if one["status"] in {"warn", "fail"})
    assert by_name["login"]["seen"] == by_name["model"]["seen"] == "not asked: --offline"
    assert "skipped Azure sign-in" in said.err


def test_a_check_that_says_no_is_exit_3(seatrial, project) -> None:
    said = seatrial("doctor", "--offline", "--stack", "prod", "--json")
    found = json.loads(said.out)

    # The example's tenant is nobody's: that alone stops prod.
    assert next(one for one in found["checks"] if one["name"] == "users")["status"] == "fail"
    assert (said.code, found["ok"]) == (3, False)


def test_the_table_ends_with_what_to_do(seatrial) -> None:
    said = seatrial("doctor", "--offline", "--stack", "prod")

    assert said.code == 3
    assert "Users' sign-in: write your tenant" in said.out
    assert "https://learn.microsoft.com/entra/identity-platform/" in said.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("doctor", "--stack", "nope"), "there is no stack 'nope'"),
        (("doctor", "--repository", "hello"), "OWNER/NAME"),
        (("bootstrap", "--repository", "hello"), "OWNER/NAME"),
        (
            ("bootstrap", "--repository", "octo/hello", "--operator", "me", "--subject-prefix", "repo:a/b"),
            "operator",
        ),
    ],
)
def test_wrong_usage_is_exit_2_with_the_value_seen(seatrial, words, said: str) -> None:
    ended = seatrial(*words)

    assert ended.code == 2
    assert said in ended.err

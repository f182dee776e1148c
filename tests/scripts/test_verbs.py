"""Verbs that need no twin: explain, token, image, status, down."""

import json
from collections.abc import Callable

import jwt
import pytest

from infra.policy.explanations import explanations
from infra.project import Project
from infra.rehearsal.signing import DeveloperKey
from tests.scripts.conftest import Said

Seatrial = Callable[..., Said]


def test_explain_says_what_why_and_what_next(seatrial: Seatrial) -> None:
    said = seatrial("explain", "ST003")

    assert said.code == 0
    for part in ("ST003: A cpu and memory pair", "Causes", "What helps", "https://learn.microsoft.com"):
        assert part in said.out


def test_explain_as_json_holds_the_same(seatrial: Seatrial) -> None:
    body = json.loads(seatrial("explain", "st003", "--json").out)

    assert body["code"] == "ST003"
    assert body["fixes"]


def test_explain_without_a_code_lists_all(seatrial: Seatrial) -> None:
    assert len(seatrial("explain").out.splitlines()) == len(explanations())


def test_explain_refuses_an_unknown_code(seatrial: Seatrial) -> None:
    said = seatrial("explain", "ST777")

    assert said.code == 2
    assert "no finding has the code 'ST777'; known are ST001 to ST0" in said.err


def test_token_signs_for_a_user(seatrial: Seatrial, project: Project) -> None:
    token = seatrial("token", "--user", "ada", "--ttl", "15m").out.strip()

    public = jwt.PyJWK.from_dict(DeveloperKey.of(project).jwks["keys"][0])
    claims = jwt.decode(token, public.key, algorithms=["ES256"])
    assert claims["sub"] == "ada"
    assert claims["exp"] - claims["iat"] == 900


def test_token_prints_the_public_set_alone(seatrial: Seatrial) -> None:
    (key,) = json.loads(seatrial("token", "--jwks").out)["keys"]

    assert "d" not in key


@pytest.mark.parametrize("ttl", ["0", "soon", "31d", "-5m"])
def test_token_refuses_what_is_no_duration(ttl: str, seatrial: Seatrial) -> None:
    said = seatrial("token", f"--ttl={ttl}")

    assert said.code == 2
    assert f"--ttl '{ttl}' is no duration from 1s to 30d" in said.err


def test_a_token_for_a_stack_with_entra_needs_its_twin(seatrial: Seatrial) -> None:
    said = seatrial("token", "--stack", "prod")

    assert said.code == 1
    assert "seatrial up" in said.err


def test_status_says_when_nothing_runs(seatrial: Seatrial) -> None:
    assert seatrial("status").out.startswith("nothing runs")
    assert json.loads(seatrial("status", "--json").out) == {"stacks": []}


def test_down_may_be_said_twice(seatrial: Seatrial) -> None:
    for _ in range(2):
        said = seatrial("down", "dev", "--json")

        assert said.code == 0
        assert json.loads(said.out) == {"stack": "dev", "stopped": False}


def test_logs_without_a_twin_names_the_next_step(seatrial: Seatrial) -> None:
    said = seatrial("logs", "dev")

    assert said.code == 1
    assert "seatrial up" in said.err


def test_verify_refuses_what_is_no_url(seatrial: Seatrial) -> None:
    said = seatrial("verify", "localhost:1")

    assert said.code == 2
    assert "'localhost:1' is no address" in said.err


def test_an_unknown_mistake_is_refused_with_the_ten(seatrial: Seatrial) -> None:
    said = seatrial("up", "dev", "--mode", "process", "--break", "everything")

    assert said.code == 2
    assert "there are: probe, secret, acrpull" in said.err


def test_an_engine_that_is_not_installed_is_said_to_be_so(
    seatrial: Seatrial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")

    said = seatrial("up", "dev", "--engine", "pulumi")

    assert said.code == 1
    assert "ST028" in said.err
    assert "leave --engine out" in said.err

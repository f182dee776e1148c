"""`seatrial policy`, on the program of this checkout."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.scripts.conftest import Said

Seatrial = Callable[..., Said]
HERE = str(Path.cwd())


@pytest.mark.long
def test_every_bundled_stack_is_judged_and_breaks_nothing(seatrial: Seatrial) -> None:
    said = seatrial("policy", "--all", "--json", "--project", HERE)

    body = json.loads(said.out)
    assert said.code == 0
    assert body["ok"] is True
    assert [(one["stack"], one["ok"], one["findings"]) for one in body["stacks"]] == [
        ("dev", True, []),
        ("prod", True, []),
        ("staging", True, []),
    ]


def test_a_violation_is_a_no_with_its_code_and_next_step(seatrial: Seatrial) -> None:
    said = seatrial("policy", "--stack", "dev", "--set", "tags={}", "--project", HERE)

    assert said.code == 3
    for part in ("ST107", "group (resources:ResourceGroup)", "seatrial:tags", "seatrial explain ST107"):
        assert part in " ".join(said.out.split())


def test_advice_is_told_and_is_no_no(seatrial: Seatrial) -> None:
    given = ("--set", "app.probes.liveness.path=/health/ready", "--project", HERE)
    said = seatrial("policy", "--stack", "dev", "--json", *given)

    (stack,) = json.loads(said.out)["stacks"]
    assert said.code == 0
    assert [finding["code"] for finding in stack["advice"]] == ["ST116"]


@pytest.mark.parametrize("words", [("--all", "--stack", "dev"), ("--stack", "nope")])
def test_what_cannot_be_meant_is_wrong_usage(words: tuple[str, ...], seatrial: Seatrial) -> None:
    assert seatrial("policy", *words, "--project", HERE).code == 2

"""The command line as a whole: help, errors, exit codes, streams."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer.main

from scripts.cli import VERBS, assemble
from tests.scripts.conftest import Said

Seatrial = Callable[..., Said]
LAZY = (
    "import sys, scripts.cli; scripts.cli.assemble([]); print(sorted({m.split('.')[0] for m in sys.modules}))"
)


def test_help_names_every_verb(seatrial: Seatrial) -> None:
    said = seatrial("--help")

    assert said.code == 0
    assert all(f"\n  {verb} " in said.out for verb in VERBS)


@pytest.mark.parametrize("verb", list(VERBS))
def test_every_verb_has_help_and_its_options_are_explained(verb: str, seatrial: Seatrial) -> None:
    said = seatrial(verb, "--help")

    assert said.code == 0
    assert "Usage: seatrial" in said.out


@pytest.mark.parametrize("verb", list(VERBS))
def test_every_verb_has_json(verb: str) -> None:
    command = typer.main.get_command(assemble([verb])).commands[verb]
    leaves = getattr(command, "commands", {verb: command}).values()

    assert all(
        "--json" in option.opts for leaf in leaves for option in leaf.params if option.name == "as_json"
    )
    assert all(any(option.name == "as_json" for option in leaf.params) for leaf in leaves)


def test_help_loads_nothing_that_only_a_verb_needs() -> None:
    done = subprocess.run([sys.executable, "-c", LAZY], capture_output=True, text=True, check=True)

    for package in ("httpx", "pydantic", "rich", "pulumi", "aiohttp", "frmk", "infra", "asyncio"):
        assert f"'{package}'" not in done.stdout


def test_help_waits_for_nothing_that_only_a_verb_needs() -> None:
    told = "import scripts.cli, sys; scripts.cli.assemble(['help']); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)

    heavy = {"aiohttp", "docker", "fastapi", "httpx", "langchain_core", "pulumi", "pydantic", "rich", "yaml"}
    assert "typer" in loaded.stdout.split()
    assert heavy.isdisjoint(loaded.stdout.split())


@pytest.mark.parametrize(
    "words",
    [("frobnicate",), ("up", "--mode", "cloud"), ("explain", "--nope"), ("verify",), ("logs", "--tail", "0")],
)
def test_wrong_usage_ends_with_2_and_prints_no_result(words: tuple[str, ...], seatrial: Seatrial) -> None:
    said = seatrial(*words)

    assert said.code == 2
    assert said.out == ""
    assert "Traceback" not in said.err


def test_outside_of_a_project_the_next_step_is_named(
    seatrial: Seatrial, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")

    said = seatrial("status", "--project", str(elsewhere))

    assert said.code == 2
    assert f"no Sea Trial project at {elsewhere}" in said.err
    assert "--project" in said.err


@pytest.mark.parametrize("verb", ["up", "rehearse", "down", "logs", "open"])
def test_an_unknown_stack_is_refused_with_the_known_ones(verb: str, seatrial: Seatrial) -> None:
    said = seatrial(verb, "moon")

    assert said.code == 2
    assert "no stack 'moon'" in said.err
    assert "dev, prod, staging" in said.err


def test_a_defect_is_one_sentence_and_not_a_trace(
    seatrial: Seatrial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scripts.status.running", lambda _: 1 / 0)

    said = seatrial("status")

    assert said.code == 1
    assert "a defect of seatrial: ZeroDivisionError: division by zero" in said.err
    assert "Traceback" not in said.err


def test_the_trace_is_there_for_who_asks(seatrial: Seatrial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.status.running", lambda _: 1 / 0)
    monkeypatch.setenv("SHOW_TRACE", "1")

    assert "Traceback" in seatrial("status").err


def test_no_color_is_honoured() -> None:
    command = [str(Path(sys.executable).with_name("seatrial")), "explain", "ST005"]
    terminal = {**os.environ, "FORCE_COLOR": "1"}
    colour = subprocess.run(command, capture_output=True, check=True, env=terminal).stdout
    plain = subprocess.run(command, capture_output=True, check=True, env={**terminal, "NO_COLOR": "1"}).stdout

    assert b"\x1b[1m" in colour
    assert b"\x1b[3" not in plain

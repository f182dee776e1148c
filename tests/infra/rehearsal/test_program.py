"""The program as a child process carries the mark by which `down` finds it."""

import sys
from pathlib import Path

import pytest

from infra.project import Project
from infra.rehearsal import leftovers, program
from infra.rehearsal.order import Order


async def test_what_a_killed_up_left_of_its_program_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(tmp_path)
    order = Order(project=project, stack="dev", mode="process")
    order.state.mkdir(parents=True)
    tell = "import json, os; print(json.dumps({'event': 'outputs', 'outputs': dict(os.environ)}))"
    monkeypatch.setattr(program, "_command", lambda *_: [sys.executable, "-c", tell])

    done = await program.deploy(order, {}, lambda _: None)

    assert done.outputs[leftovers.MARK] == str(order.state)

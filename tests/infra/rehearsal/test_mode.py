"""Asking Docker leaves nothing behind; what was pushed for another platform does not count."""

import asyncio
from pathlib import Path

import psutil
import pytest

from infra.image.context import context_hash, tag
from infra.mistakes.catalogue import mistake
from infra.mistakes.scratch import edited
from infra.project import Project
from infra.rehearsal.mode import _answers, _pushed
from infra.twin.registry.storage import content, registry_of


async def test_a_question_that_is_interrupted_is_not_left_running() -> None:
    asked = asyncio.create_task(_answers("sleep", "61"))
    await asyncio.sleep(0.3)

    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked

    running = [child.cmdline() for child in psutil.Process().children(recursive=True)]
    assert ["sleep", "61"] not in running


@pytest.mark.parametrize("wrong", [False, True])
def test_an_image_for_another_platform_is_not_the_one_that_was_pushed(tmp_path: Path, *, wrong: bool) -> None:
    source = Project.find(Path.cwd())
    edits = mistake("platform").edits if wrong else ()
    project = edited(source, tmp_path / "copy", edits, "dev")
    held = content(registry_of(project.state("dev")))
    tags = held / "docker" / "registry" / "v2" / "repositories" / "seatrial" / "_manifests" / "tags"
    (tags / tag(context_hash(project, "linux/amd64"))).mkdir(parents=True)

    assert _pushed(project, "dev") is not wrong

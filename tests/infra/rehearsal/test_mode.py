"""Asking Docker leaves nothing behind."""

import asyncio

import psutil
import pytest

from infra.rehearsal.mode import _answers


async def test_a_question_that_is_interrupted_is_not_left_running() -> None:
    asked = asyncio.create_task(_answers("sleep", "61"))
    await asyncio.sleep(0.3)

    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked

    running = [child.cmdline() for child in psutil.Process().children(recursive=True)]
    assert ["sleep", "61"] not in running

"""Faults on demand."""

import asyncio
from dataclasses import replace
from typing import Any

from frmk.tools.tool import Output, Tool

GARBAGE = ("", "   ", "12 34 !!", "the the the the the", "\x00\x01\x02\x03 word", "z" * 400)


def broken_tool(tool: Tool, *, failures: int, error: Exception | None = None) -> Tool:
    """Return the tool breaking that many times before it works."""
    left = [failures]

    async def run(arguments: Any) -> Output:
        if left[0] > 0:
            left[0] -= 1
            raise error or ConnectionError("injected fault")
        return await tool.run(arguments)

    return replace(tool, run=run)


def slow_tool(tool: Tool, *, seconds: float) -> Tool:
    """Return the tool answering late."""

    async def run(arguments: Any) -> Output:
        await asyncio.sleep(seconds)
        return await tool.run(arguments)

    return replace(tool, run=run)

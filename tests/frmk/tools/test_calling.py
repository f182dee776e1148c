import asyncio
from dataclasses import replace
from typing import Any

import pytest

from frmk.errors import ToolError, ToolInputError
from frmk.testing import broken_tool, slow_tool
from frmk.tools.calling import MAX_OUTPUT_CHARACTERS, call_tool
from frmk.tools.tool import Arguments, Tool


class Number(Arguments):
    value: int


async def double(arguments: Number) -> dict[str, Any]:
    return {"double": 2 * arguments.value}


TOOL = Tool(name="double", description="d", arguments=Number, run=double, tell=str, hint=lambda _: "")


def returning(output: Any) -> Tool:
    async def run(_: Any) -> Any:
        return output

    return replace(TOOL, run=run)


async def test_broken_tool_is_tried_again() -> None:
    tool = broken_tool(TOOL, failures=2)

    assert await call_tool(tool, {"value": 2}, timeout=1, attempts=3) == {"double": 4}


async def test_tool_that_stays_broken_raises_and_tells_its_reason_to_the_log_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(ToolError, match=r"^The tool broke; the server's log says why\.$"):
        await call_tool(broken_tool(TOOL, failures=9), {"value": 2}, timeout=1, attempts=2)

    assert "injected fault" in caplog.text


async def test_tool_that_says_itself_what_is_wrong_is_quoted() -> None:
    tool = broken_tool(TOOL, failures=9, error=ToolError("the service is shut."))

    with pytest.raises(ToolError, match="double broke: the service is shut"):
        await call_tool(tool, {"value": 2}, timeout=1, attempts=1)


async def test_refused_input_is_not_tried_again() -> None:
    tool = broken_tool(TOOL, failures=1, error=ToolInputError("no such value"))

    with pytest.raises(ToolInputError, match="no such value"):
        await call_tool(tool, {"value": 2}, timeout=1, attempts=3)


async def test_slow_tool_is_stopped() -> None:
    with pytest.raises(ToolError, match=r"did not answer within 0\.01 s"):
        await call_tool(slow_tool(TOOL, seconds=5), {"value": 2}, timeout=0.01, attempts=2)


async def test_cancelling_is_not_swallowed() -> None:
    task = asyncio.create_task(call_tool(slow_tool(TOOL, seconds=5), {"value": 2}, timeout=9, attempts=3))
    await asyncio.sleep(0.01)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    "output", [{"a": float("nan")}, {"a": object()}, [1], {"a": "x" * MAX_OUTPUT_CHARACTERS}]
)
async def test_output_that_cannot_be_stored_is_an_error(output: Any) -> None:
    with pytest.raises(ToolError, match="double returned"):
        await call_tool(returning(output), {"value": 2}, timeout=1, attempts=1)

"""How a tool is called: checked, timed, and tried again where that can help."""

import asyncio
import json
import logging
from typing import Any

from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from frmk.errors import FrameworkError, ToolError, ToolInputError
from frmk.tools.tool import Output, Tool

_log = logging.getLogger(__name__)
MAX_OUTPUT_CHARACTERS = 60_000


async def call_tool(tool: Tool, values: dict[str, Any], *, timeout: float, attempts: int) -> Output:  # noqa: ASYNC109 - the bound is the goal's, and its message names it
    """Return the tool's output.

    Refused input raises ToolInputError at once; anything else that breaks, or lasts longer than `timeout`, is
    tried again with jitter and then raises ToolError.
    """
    arguments = tool.check(values)
    retrying = AsyncRetrying(
        stop=stop_after_attempt(attempts),
        wait=wait_random_exponential(multiplier=0.05, max=1),
        retry=retry_if_exception_type(ToolBrokeError),
        reraise=True,
    )
    return await retrying(_call, tool, arguments, timeout)


class ToolBrokeError(ToolError):
    """Say that a tool broke in a way that another attempt may mend."""


async def _call(tool: Tool, arguments: Any, timeout: float) -> Output:  # noqa: ASYNC109 - see call_tool
    try:
        async with asyncio.timeout(timeout):
            output = await tool.run(arguments)
    except ToolInputError:
        raise
    except TimeoutError:
        raise ToolBrokeError(f"{tool.name} did not answer within {timeout:g} s.") from None
    except FrameworkError as error:
        raise ToolBrokeError(f"{tool.name} broke: {error}") from error
    except Exception as error:
        # What a defect says of itself may hold what no client should read.
        _log.exception("tool broke", extra={"tool": tool.name})
        raise ToolBrokeError("The tool broke; the server's log says why.") from error
    return _checked(tool, output)


def _checked(tool: Tool, output: Any) -> Output:
    try:
        text = json.dumps(output, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ToolError(f"{tool.name} returned something that is not JSON: {error}.") from error
    if not isinstance(output, dict):
        raise ToolError(f"{tool.name} returned {type(output).__name__}, allowed is an object.")
    if len(text) > MAX_OUTPUT_CHARACTERS:
        raise ToolError(f"{tool.name} returned {len(text)} characters, allowed are {MAX_OUTPUT_CHARACTERS}.")
    return output

"""What a tool is."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from frmk.errors import ToolInputError

Output = dict[str, Any]


class Arguments(BaseModel):
    """Stand above the arguments of every tool: unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_max_length=200, str_strip_whitespace=True)


@dataclass(frozen=True, kw_only=True)
class Tool:
    """Compute something from checked arguments.

    `run` returns JSON values and raises ToolInputError for input that cannot be. `tell` writes the output as
    Markdown for people, figures included; `hint` says it in words for a model, without figures.
    """

    name: str
    description: str
    arguments: type[Arguments]
    run: Callable[[Any], Awaitable[Output]]
    tell: Callable[[Output], str]
    hint: Callable[[Output], str]

    def required(self) -> frozenset[str]:
        """Name the arguments that have no default."""
        return frozenset(name for name, field in self.arguments.model_fields.items() if field.is_required())

    def check(self, values: dict[str, Any]) -> Arguments:
        """Return the arguments; ToolInputError names the first that is wrong and what is allowed."""
        try:
            return self.arguments.model_validate(values)
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(map(str, first["loc"])) or "arguments"
            message = first["msg"].removeprefix("Value error, ")
            raise ToolInputError(
                f"{self.name}: {name}={first['input']!r} is refused: {message[0].lower()}{message[1:]}."
            ) from None

    def schema(self) -> dict[str, Any]:
        """Return the tool as OpenAI-compatible servers want it described."""
        function = {
            "name": self.name,
            "description": self.description,
            "parameters": self.arguments.model_json_schema(),
        }
        return {"type": "function", "function": function}

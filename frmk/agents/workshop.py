"""Everything that a goal needs at work, made once."""

from dataclasses import dataclass
from typing import Any

from frmk.agents.routing import Rules
from frmk.agents.slots import SlotReader
from frmk.goal.models import AgentSpec, Goal
from frmk.llm.model import Sampling
from frmk.prompts.files import FilePrompts
from frmk.prompts.prompt import Prompt
from frmk.tools.registry import load_tools
from frmk.tools.tool import Tool


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """Hold a goal with its tools, rules and prompts loaded."""

    goal: Goal
    tools: dict[str, Tool]
    rules: Rules
    slots: SlotReader
    prompts: dict[str, Prompt]
    configuration: dict[str, Any]

    def tools_of(self, agent: AgentSpec) -> list[Tool]:
        """Return the tools that an agent may call."""
        return [self.tools[name] for name in agent.tools]

    def sampling(self, *, factor: int = 1) -> Sampling:
        """Return the goal's sampling; `factor` for what needs more tokens than prose."""
        model = self.goal.model
        return Sampling(
            temperature=model.temperature,
            max_tokens=model.max_tokens * factor,
            repeat_penalty=model.repeat_penalty,
            timeout_seconds=model.timeout_seconds,
        )


def open_workshop(goal: Goal) -> Workshop:
    """Load what the goal names; GoalError where something is not there."""
    configuration = goal.configuration()
    repository = FilePrompts(goal.folder / "prompts", configuration)
    wanted = [
        goal.supervisor.prompt,
        goal.supervisor.routing_prompt,
        *(agent.prompt for agent in goal.agents),
    ]
    return Workshop(
        goal=goal,
        tools=load_tools(goal),
        rules=Rules(goal),
        slots=SlotReader(goal),
        prompts={name: repository.load(name) for name in wanted if name is not None},
        configuration=configuration,
    )

"""Which goals are served and which agents they bring."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel


class AgentView(BaseModel):
    """Show an agent."""

    name: str
    description: str
    capabilities: list[str]
    status: Literal["available", "unavailable"]


@dataclass(frozen=True)
class Roster:
    """Know the goals, the default one first, every agent of each, and messages to start with."""

    by_goal: Mapping[str, tuple[AgentView, ...]]
    examples: tuple[str, ...] = ()

    def agents(self) -> list[AgentView]:
        """List the agents of all goals, each name once."""
        return list({agent.name: agent for agents in self.by_goal.values() for agent in agents}.values())


def roster_of(goals: Mapping[str, list[dict[str, Any]]], examples: Iterable[str] = ()) -> Roster:
    """Build the roster from what frmk tells of each goal's agents."""
    by_goal = {name: tuple(map(AgentView.model_validate, agents)) for name, agents in goals.items()}
    return Roster(by_goal, tuple(examples))

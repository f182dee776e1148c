"""Who works on a goal, as clients see it."""

from typing import Any

from frmk.goal.models import Goal


def roster(goal: Goal) -> list[dict[str, Any]]:
    """List the supervisor and its sub-agents."""
    supervisor = {
        "name": goal.supervisor.name,
        "description": goal.supervisor.description,
        "capabilities": ["routing", "answering"],
        "status": "available",
    }
    others = [
        {
            "name": agent.name,
            "description": agent.description,
            "capabilities": list(agent.capabilities),
            "status": "available",
        }
        for agent in goal.agents
    ]
    return [supervisor, *others]

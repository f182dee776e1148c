"""Which agents work on a message: the goal's rules, and a model's choice where it is usable."""

import re
from collections.abc import Collection, Sequence
from typing import Any

from frmk.goal.models import Goal, Pattern, Rule
from frmk.llm.model import Choice
from frmk.tools.tables import folded

FUNCTION = "route"
_SEARCHED = 2_000


class Rules:
    """Match messages against a goal's rules."""

    def __init__(self, goal: Goal) -> None:
        self._order = [agent.name for agent in goal.agents]
        self._rules = [(rule, _words(rule), _pattern(rule)) for rule in goal.routing.rules]

    def match(self, message: str, heard: Collection[str]) -> list[str]:
        """Return the agents of every rule that matches, in order; `heard` are the slots just set."""
        plain = folded(message)
        searched = message[:_SEARCHED]
        chosen: set[str] = set()
        for rule, words, pattern in self._rules:
            hit = (words and words.search(plain)) or (pattern and pattern.search(searched))
            if hit or any(slot in heard for slot in rule.slots):
                chosen.update(rule.agents)
        return [name for name in self._order if name in chosen]


def _words(rule: Rule) -> re.Pattern[str] | None:
    if not rule.words:
        return None
    options = "|".join(re.escape(folded(word)) for word in rule.words)
    return re.compile(rf"(?<!\w)(?:{options})(?!\w)")


def _pattern(rule: Rule) -> re.Pattern[str] | None:
    return re.compile(rule.pattern) if rule.pattern else None


def stages(pattern: Pattern, agents: Sequence[str], everyone: Sequence[str], turn: int) -> list[list[str]]:
    """Arrange agents in stages: those of one stage work at once, the stages one after another."""
    if pattern is Pattern.BROADCAST and agents:
        return [list(everyone)]
    if pattern is Pattern.ROUND_ROBIN and agents:
        return [[agents[turn % len(agents)]]]
    if pattern in (Pattern.SEQUENTIAL, Pattern.PRIORITY):
        return [[name] for name in agents]
    return [list(agents)] if agents else []


def stops_early(pattern: Pattern) -> bool:
    """Say whether the first agent that succeeds ends the work."""
    return pattern is Pattern.PRIORITY


def route_function(goal: Goal) -> dict[str, Any]:
    """Describe the choice of agents and slots as a function for a model."""
    names = [agent.name for agent in goal.agents]
    slots = {
        name: {"type": "integer" if slot.type == "integer" else "string", "description": slot.description}
        for name, slot in goal.slots.items()
    }
    properties = {"agents": {"type": "array", "items": {"type": "string", "enum": names}}, **slots}
    parameters = {"type": "object", "properties": properties, "required": ["agents"]}
    described = "; ".join(f"{agent.name}: {agent.description}" for agent in goal.agents)
    function = {"name": FUNCTION, "description": f"Choose agents. {described}", "parameters": parameters}
    return {"type": "function", "function": function}


def chosen_agents(choice: Choice, goal: Goal) -> list[str] | None:
    """Return the agents of a model's choice; None where it is not one of the goal's."""
    request = next((request for request in choice.requests if request.name == FUNCTION), None)
    wanted = request.arguments.get("agents") if request else None
    if not isinstance(wanted, list):
        return None
    names = [agent.name for agent in goal.agents]
    if any(name not in names for name in wanted):
        return None
    return [name for name in names if name in wanted]

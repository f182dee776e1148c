"""Whether what a goal file names exists: agents, tools, slots, tables and prompts."""

from collections.abc import Collection
from pathlib import Path

from frmk.errors import GoalError
from frmk.goal.models import AgentSpec, Goal
from frmk.goal.yaml_lines import Lines, Location
from frmk.prompts.files import FilePrompts
from frmk.tools.registry import load_tools
from frmk.tools.tables import read_table
from frmk.tools.tool import Tool


class _Checker:
    def __init__(self, path: Path, lines: Lines) -> None:
        self._path = path
        self._lines = lines

    def refuse(self, where: Location, problem: str) -> GoalError:
        found = where
        while found and found not in self._lines:
            found = found[:-1]
        key = ".".join(map(str, where))
        return GoalError(f"{self._path}:{self._lines.get(found, 1)}: {key}: {problem}")

    def among(self, where: Location, value: str, allowed: Collection[str], what: str) -> None:
        if value not in allowed:
            names = ", ".join(sorted(allowed)) or "none"
            raise self.refuse(where, f"there is no {what} {value!r}. Allowed: {names}.")


def check_references(goal: Goal, path: Path, lines: Lines) -> None:
    """Raise GoalError, with the line, for the first name that stands for nothing."""
    checker = _Checker(path, lines)
    _check_names(goal, checker)
    _check_tables(goal, checker)
    tools = _tools(goal, checker)
    for index, agent in enumerate(goal.agents):
        _check_agent(goal, agent, ("agents", index), tools, checker)
    _check_rules(goal, checker)
    _check_prompts(goal, checker)


def _check_names(goal: Goal, checker: _Checker) -> None:
    seen = {goal.supervisor.name}
    for index, agent in enumerate(goal.agents):
        if agent.name in seen:
            raise checker.refuse(
                ("agents", index, "name"), f"{agent.name!r} is taken. Names of agents are unique."
            )
        seen.add(agent.name)


def _tools(goal: Goal, checker: _Checker) -> dict[str, Tool]:
    try:
        return load_tools(goal)
    except GoalError as error:
        raise checker.refuse(("toolkit",), str(error)) from error


def _check_agent(
    goal: Goal, agent: AgentSpec, where: Location, tools: dict[str, Tool], checker: _Checker
) -> None:
    for index, tool in enumerate(agent.tools):
        checker.among((*where, "tools", index), tool, tools, "tool")
    for index, call in enumerate(agent.calls):
        at = (*where, "calls", index)
        checker.among((*at, "tool"), call.tool, agent.tools, "tool of this agent")
        known = tools[call.tool].arguments.model_fields
        for argument, slot in call.arguments.items():
            checker.among((*at, "arguments", argument), argument, known, f"argument of {call.tool}")
            checker.among((*at, "arguments", argument), slot, goal.slots, "slot")
        for position, slot in enumerate(call.unless):
            checker.among((*at, "unless", position), slot, goal.slots, "slot")
    others = [other.name for other in goal.agents if other.name != agent.name]
    if agent.fallback is not None:
        checker.among((*where, "fallback"), agent.fallback, others, "other agent")


def _check_rules(goal: Goal, checker: _Checker) -> None:
    names = [agent.name for agent in goal.agents]
    for index, rule in enumerate(goal.routing.rules):
        where = ("routing", "rules", index)
        for position, name in enumerate(rule.agents):
            checker.among((*where, "agents", position), name, names, "agent")
        for position, slot in enumerate(rule.slots):
            checker.among((*where, "slots", position), slot, goal.slots, "slot")
        if not (rule.words or rule.pattern or rule.slots):
            raise checker.refuse(where, "this rule never matches. Give it words, a pattern or slots.")


def _check_tables(goal: Goal, checker: _Checker) -> None:
    for name, slot in goal.slots.items():
        if slot.table is None:
            continue
        try:
            read_table(goal.folder / slot.table)
        except GoalError as error:
            raise checker.refuse(("slots", name, "table"), str(error)) from error


def _check_prompts(goal: Goal, checker: _Checker) -> None:
    prompts = FilePrompts(goal.folder / "prompts", goal.configuration())
    wanted: list[tuple[Location, str | None]] = [
        (("supervisor", "prompt"), goal.supervisor.prompt),
        (("supervisor", "routing_prompt"), goal.supervisor.routing_prompt),
        *((("agents", index, "prompt"), agent.prompt) for index, agent in enumerate(goal.agents)),
    ]
    for where, name in wanted:
        if name is None:
            continue
        try:
            prompts.load(name)
        except GoalError as error:
            raise checker.refuse(where, str(error)) from error

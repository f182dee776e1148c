"""One sub-agent at work: its calls, its tools, its words."""

import asyncio
from dataclasses import dataclass
from typing import Any

from frmk.agents.emitter import Emitter
from frmk.agents.report import Report
from frmk.agents.slots import Slots
from frmk.agents.workshop import Workshop
from frmk.agents.writing import Composer, FilteredSink, write_prose
from frmk.errors import ToolError, ToolInputError
from frmk.goal.models import AgentSpec
from frmk.llm.session import ModelSession
from frmk.prompts.prompt import PromptMessage
from frmk.tools.calling import call_tool
from frmk.tools.tool import Output, Tool


@dataclass(frozen=True)
class Call:
    """Carry one call that is to be made."""

    tool: Tool
    values: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class SubAgent:
    """Work on one handed-over state and say meanwhile what happens."""

    spec: AgentSpec
    workshop: Workshop
    session: ModelSession
    emitter: Emitter

    async def work(self, state: dict[str, Any], context_hash: str) -> Report:
        """Return what the tools found; ToolError where all of them broke."""
        calls = ready_calls(self.workshop, self.spec, state["slots"])
        calls = calls or await self._asked(state)
        if not calls:
            raise ToolError(f"{self.spec.name} found no tool to call for this message.")
        names = ", ".join(call.tool.name for call in calls)
        self.emitter.thinking(f"I will ask {names}.")
        results = await asyncio.gather(*(self._run(call) for call in calls))
        return await self._report(results, calls, state, context_hash)

    async def _run(self, call: Call) -> Output | ToolError:
        limits = self.workshop.goal.limits
        opened = self.emitter.tool_executing(call.tool.name, call.values)
        try:
            output = await call_tool(
                call.tool, call.values, timeout=limits.tool_timeout_seconds, attempts=limits.tool_attempts
            )
        except ToolError as error:
            self.emitter.tool_completed(opened, error=str(error))
            return error
        self.emitter.tool_completed(opened, output=output)
        return output

    async def _report(
        self, results: list[Output | ToolError], calls: list[Call], state: dict[str, Any], context_hash: str
    ) -> Report:
        found = [(c.tool, r) for c, r in zip(calls, results, strict=True) if not isinstance(r, ToolError)]
        errors = [result for result in results if isinstance(result, ToolError)]
        if not found and not all(isinstance(error, ToolInputError) for error in errors):
            raise ToolError(" ".join(dict.fromkeys(map(str, errors))))
        missing = [str(error) for error in dict.fromkeys(map(str, errors))]
        text = "\n\n".join(tool.tell(output) for tool, output in found)
        hints = [hint for tool, output in found if (hint := tool.hint(output))]
        prose, wrong = await self._prose(text, hints, state, context_hash) if found else ("", [])
        return Report(
            agent=self.spec.name,
            done=bool(found),
            text="\n\n".join(part for part in (prose, text) if part),
            hints=hints,
            missing=[*missing, *wrong],
            outputs={tool.name: output for tool, output in found},
        )

    async def _prose(
        self, text: str, hints: list[str], state: dict[str, Any], context_hash: str
    ) -> tuple[str, list[str]]:
        if not self.spec.writes or self.spec.prompt is None:
            return "", []
        composer = Composer(self.emitter)
        sink = FilteredSink(
            f"{text}\n{state['message']}\n{state['slots']}",
            composer,
            self.emitter,
            context_hash=context_hash,
            model=self.workshop.goal.model,
        )
        variables = {"message": state["message"], "hints": " ".join(hints), "facts": text}
        variables |= {"slots": state["slots"], "agent": self.spec.name}
        prompt = self.workshop.prompts[self.spec.prompt]
        messages = prompt.render(self.workshop.configuration, variables)
        wrong = await write_prose(self.session, messages, self.workshop.sampling(), sink)
        return composer.text, [f"The words of {self.spec.name}: {wrong}."] if wrong else []

    async def _asked(self, state: dict[str, Any]) -> list[Call]:
        tools = {tool.name: tool for tool in self.workshop.tools_of(self.spec)}
        question = f"You are {self.spec.description} Known: {state['slots']}. Call the functions that help."
        messages = (PromptMessage("system", question), PromptMessage("user", state["message"]))
        schemas = [tool.schema() for tool in tools.values()]
        choice = await self.session.choose(messages, schemas, self.workshop.sampling(factor=4), self.emitter)
        if choice is None:
            return []
        try:
            wanted = [Call(tools[request.name], request.arguments) for request in choice.requests]
            for call in wanted:
                call.tool.check(call.values)
        except (KeyError, ToolInputError) as error:
            self.session.refuse_choices(f"unusable call: {error}")
            return []
        return wanted


def ready_calls(workshop: Workshop, spec: AgentSpec, slots: Slots) -> list[Call]:
    """Return the agent's calls whose required arguments the slots fill."""
    calls = []
    for call in spec.calls:
        if any(slot in slots for slot in call.unless):
            continue
        tool = workshop.tools[call.tool]
        values = {name: slots[slot] for name, slot in call.arguments.items() if slot in slots}
        if tool.required() <= values.keys():
            calls.append(Call(tool, values))
    return calls


def open_questions(workshop: Workshop, spec: AgentSpec, slots: Slots) -> list[str]:
    """Return what must be asked before the agent can call any of its tools."""
    if not spec.calls or ready_calls(workshop, spec, slots):
        return []
    questions = []
    for call in spec.calls:
        required = workshop.tools[call.tool].required()
        absent = [slot for name, slot in call.arguments.items() if name in required and slot not in slots]
        questions += [ask for slot in absent if (ask := workshop.goal.slots[slot].ask)]
    return list(dict.fromkeys(questions))

"""How the supervisor answers: prose by a model, figures by code, and a plain note of what is missing."""

from dataclasses import dataclass
from typing import Any

from frmk.agents.emitter import Emitter
from frmk.agents.report import Report
from frmk.agents.workshop import Workshop
from frmk.agents.writing import Composer, FilteredSink, write_prose
from frmk.llm.session import ModelSession


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Carry the finished answer."""

    message: str
    missing: list[str]
    prose: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Answering:
    """Write one answer."""

    workshop: Workshop
    session: ModelSession
    emitter: Emitter
    context_hash: str

    async def help(self, questions: list[str]) -> Answer:
        """Answer without agents: what is still to be said, or what the goal can do."""
        composer = Composer(self.emitter)
        composer.add(" ".join(questions) or self.workshop.goal.supervisor.help)
        return Answer(
            message=composer.text, missing=questions, prose={"model": None, "kept": 0, "dropped": 0}
        )

    async def write(self, state: dict[str, Any], reports: list[Report], questions: list[str]) -> Answer:
        """Answer from the reports."""
        composer = Composer(self.emitter)
        facts = "\n\n".join(report.text for report in reports if report.text)
        missing = [*questions, *(sentence for report in reports for sentence in report.missing)]
        missing = list(dict.fromkeys(missing))
        prose: dict[str, Any] = {"model": None, "kept": 0, "dropped": 0}
        if facts:
            wrong, prose = await self._prose(composer, state, reports, facts)
            missing += [_without_words(wrong)] if wrong else []
        composer.add(facts, apart=True)
        composer.add(_note(missing), apart=True)
        return Answer(message=composer.text, missing=missing, prose=prose)

    async def _prose(
        self, composer: Composer, state: dict[str, Any], reports: list[Report], facts: str
    ) -> tuple[str | None, dict[str, Any]]:
        self.emitter.thinking("I will put together what the agents found.")
        sink = FilteredSink(
            f"{facts}\n{state['message']}\n{state['slots']}",
            composer,
            self.emitter,
            context_hash=self.context_hash,
            model=self.workshop.goal.model,
        )
        messages = self.workshop.prompts[self.workshop.goal.supervisor.prompt].render(
            self.workshop.configuration,
            {
                "message": state["message"],
                "facts": facts,
                "hints": " ".join(hint for report in reports for hint in report.hints),
                "agents": [report.agent for report in reports],
                "slots": state["slots"],
                "history": state["history"],
            },
        )
        wrong = await write_prose(self.session, messages, self.workshop.sampling(), sink)
        if not composer.text:
            composer.add(self.workshop.goal.supervisor.opening)
        kept, dropped = len(sink.filter.kept), len(sink.filter.dropped)
        # Words that were cut short are still words.
        model = self.session.usage.model if kept else None
        return None if kept else wrong, {"model": model, "kept": kept, "dropped": dropped}


def _without_words(reason: str) -> str:
    return f"The language model gave no usable text ({reason}); this answer holds what the tools found."


def _note(missing: list[str]) -> str:
    if not missing:
        return ""
    if len(missing) == 1:
        return f"Not complete: {missing[0]}"
    return "Not complete:\n" + "\n".join(f"- {sentence}" for sentence in missing)

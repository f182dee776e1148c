"""How a sub-agent is had to work: within its time, again where it breaks, by another where it cannot."""

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from secrets import SystemRandom

from frmk.agents.emitter import Emitter, Write
from frmk.agents.handover import Handover, seal, unseal
from frmk.agents.report import Report
from frmk.agents.subagent import SubAgent
from frmk.agents.workshop import Workshop
from frmk.errors import FrameworkError, RunError
from frmk.goal.models import AgentSpec
from frmk.llm.session import ModelSession

_log = logging.getLogger(__name__)
_LONGEST_PAUSE = 0.2


@dataclass(frozen=True, kw_only=True)
class Delegation:
    """Carry what every sub-agent of a run shares."""

    workshop: Workshop
    session: ModelSession
    write: Write
    parent: str
    parent_run_id: str

    async def delegate(self, name: str, handover: Handover) -> Handover:
        """Return the sealed report of the agent, or of who stood in for it; failures are in the report."""
        reason = ""
        spec = self.workshop.goal.agent(name)
        attempts = list(self._attempts(spec))
        while attempts:
            current = attempts.pop(0)
            emitter = self._emitter(current.name)
            emitter.started(handover.digest)
            try:
                report = await self._work(current, emitter, handover)
            except TimeoutError:
                reason = f"{current.name} did not answer within {current.timeout_seconds:g} s"
                attempts = [other for other in attempts if other.name != current.name]
                emitter.failed("AgentTimeoutError", f"{reason}.", _name(attempts))
            except Exception as error:  # noqa: BLE001 - whatever breaks in one agent must not end the others
                kind, detail = _shown(error)
                reason = f"{current.name} failed: {detail}"
                _log.warning("%s", reason, extra={"agent": current.name}, exc_info=_defect(error))
                emitter.failed(kind, detail, _name(attempts))
                await asyncio.sleep(SystemRandom().uniform(0, _LONGEST_PAUSE) if attempts else 0)
            else:
                sealed = seal(report.model_dump(mode="json"))
                emitter.completed(report.text or " ".join(report.missing), sealed.digest)
                return sealed
        missing = f"{_capitalised(spec.description)} is missing: {reason.rstrip('.')}."
        return seal(Report(agent=name, done=False, missing=[missing]).model_dump(mode="json"))

    async def _work(self, spec: AgentSpec, emitter: Emitter, handover: Handover) -> Report:
        state = unseal(handover)
        agent = SubAgent(spec=spec, workshop=self.workshop, session=self.session, emitter=emitter)
        async with asyncio.timeout(spec.timeout_seconds):
            return await agent.work(state, handover.digest)

    def _attempts(self, spec: AgentSpec) -> Iterator[AgentSpec]:
        for _ in range(self.workshop.goal.limits.agent_attempts):
            yield spec
        if spec.fallback is not None:
            yield self.workshop.goal.agent(spec.fallback)

    def _emitter(self, name: str) -> Emitter:
        return Emitter(self.write, name, parent=self.parent, parent_run_id=self.parent_run_id)


def _name(attempts: list[AgentSpec]) -> str | None:
    return attempts[0].name if attempts else None


def _shown(error: Exception) -> tuple[str, str]:
    """Return the name and the words for clients: of a defect they learn that there is one."""
    if isinstance(error, FrameworkError):
        return type(error).__name__, str(error)
    return "InternalError", "The agent broke; the server's log says why."


def _defect(error: Exception) -> Exception | None:
    return None if isinstance(error, RunError) else error


def _capitalised(text: str) -> str:
    return f"The part of “{text.rstrip('.')}”"

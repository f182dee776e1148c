"""One examination: what this machine says, then, where `az` is signed in, what Azure says."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from infra.doctor.checks.account import LOGIN, subscription_of
from infra.doctor.checks.catalogue import CHECKS
from infra.doctor.model import Check, Outcome, skipped
from infra.doctor.run import Hear, examine, hearer, outcome
from infra.doctor.subject import Subject
from infra.project import Project
from infra.synthesis import SynthesisError, synthesise
from infra.twin.adapters.translate import Translator, UnknownTypeError

Told = Callable[[Outcome], None]


@dataclass(frozen=True, kw_only=True)
class Examination:
    """Hold every outcome, in the catalogue's order."""

    stack: str
    outcomes: tuple[Outcome, ...]

    @property
    def ok(self) -> bool:
        """Say whether nothing would stop the deployment."""
        return all(one.status != "fail" for one in self.outcomes)

    def count(self, status: str) -> int:
        """Return how many checks came out like this."""
        return sum(one.status == status for one in self.outcomes)


def examined(subject: Subject, hear: Hear, told: Told, *, checks: tuple[Check, ...] = CHECKS) -> Examination:
    """Run all checks: those that need no account first, the others when there is one."""
    found: dict[str, Outcome] = {}
    subscription, reason = None, ""
    for check, one, answers in examine([one for one in checks if not one.account], subject, hear):
        found[check.name] = one
        told(one)
        if check is LOGIN:
            subscription = subscription_of(answers) if one.status in {"ok", "warn"} else None
            reason = "not asked: --offline" if one.status == "skipped" else f"not signed in: {one.seen}"
    for one in _at_azure([one for one in checks if one.account], subject, hear, (subscription, reason)):
        found[one.name] = one
        told(one)
    return Examination(stack=subject.stack, outcomes=tuple(found[one.name] for one in checks))


def _at_azure(
    checks: list[Check], subject: Subject, hear: Hear, login: tuple[str | None, str]
) -> Iterator[Outcome]:
    subscription, reason = login
    if subscription is None:
        yield from (outcome(check, skipped(reason)) for check in checks)
        return
    for _, one, _ in examine(checks, subject.signed_in(subscription), hear):
        yield one


def with_types(project: Project, subject: Subject) -> Subject:
    """Return the subject with the types that its program makes, or why they are not known."""
    try:
        plan = synthesise(project, subject.stack)
        translator = Translator(subject.stack)
        types = {translator.entry(resource.type)["arm"] for resource in plan.resources}
    except (SynthesisError, UnknownTypeError) as error:
        return replace(subject, types=None, types_trouble=str(error))
    return replace(subject, types=tuple(sorted(types)))


def examined_project(project: Project, subject: Subject, told: Told, *, offline: bool) -> Examination:
    """Examine a project on this machine; nothing is changed, here or in Azure."""
    return examined(with_types(project, subject), hearer(project.program, offline=offline), told)

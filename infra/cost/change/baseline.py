"""What a price is compared with: another stack, a git revision, a saved report, the stack file itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from infra.cost.change.revision import checked_out
from infra.cost.change.snapshot import Snapshot, saved, taken
from infra.cost.stacks import Assumptions, plans, price
from infra.cost.usage.file import UsageFileError, load_usage
from infra.project import Project
from infra.stack_file import StackFileError
from infra.synthesis import SynthesisError, synthesise


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """Hold what was before, by stack; `failed` says of which stacks that is not known, and why."""

    label: str
    snapshots: Mapping[str, Snapshot]
    notes: Mapping[str, str] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)


def of_stack(project: Project, stack: str, named: Iterable[str], assumed: Assumptions) -> Baseline:
    """Take another stack, or the same one without what-if, as the baseline of these names."""
    (found,) = price(project, plans(project, [stack], {}), replace(assumed, overrides={}, usage=None))
    snapshot = taken(found)
    return Baseline(label=f"stack {stack}", snapshots=dict.fromkeys(named, snapshot))


def of_files(project: Project, stacks: Iterable[str], assumed: Assumptions) -> Baseline:
    """Take the stacks as their files say, without what-if."""
    found = price(project, plans(project, stacks, {}), replace(assumed, overrides={}, usage=None))
    return Baseline(label="the stack file", snapshots={one.stack: taken(one) for one in found})


def of_report(path: Path) -> Baseline:
    """Take a saved report; raise ReportError."""
    return Baseline(label=f"the report {path.name}", snapshots=saved(path))


def of_revision(project: Project, revision: str, stacks: Iterable[str], assumed: Assumptions) -> Baseline:
    """Take the project as it was at a git revision, at today's prices; raise RevisionError.

    A stack that did not exist then costs nothing before; one whose program does not run is in `failed`.
    """
    snapshots: dict[str, Snapshot] = {}
    notes: dict[str, str] = {}
    failed: dict[str, str] = {}
    with checked_out(project, revision) as then:
        for stack in stacks:
            if not then.stack_file(stack).is_file():
                notes[stack] = f"was not there at {revision}"
                continue
            try:
                snapshots[stack], note = _then(then, project, stack, assumed)
            except (SynthesisError, StackFileError, UsageFileError) as error:
                failed[stack] = f"{stack} at {revision} cannot be priced: {error}"
                continue
            if note:
                notes[stack] = note
    return Baseline(label=revision, snapshots=snapshots, notes=notes, failed=failed)


def _then(then: Project, now: Project, stack: str, assumed: Assumptions) -> tuple[Snapshot, str]:
    plan = synthesise(then, stack, {})
    try:
        usage, note = load_usage(then, stack), ""
    except UsageFileError as error:
        usage, note = None, f"its usage file of then is not readable ({error})"
    if usage is None:
        usage = load_usage(now, stack)
        note = f"{note or 'it had no usage file then'}; priced before with today's" if usage else note
    (found,) = price(then, [plan], replace(assumed, overrides={}, usage=usage))
    return taken(found), note

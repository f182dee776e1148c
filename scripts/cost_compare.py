"""What a price is compared with, as the command line names it."""

from collections.abc import Sequence

from infra.cost.change.baseline import Baseline, of_files, of_report, of_revision, of_stack
from infra.cost.stacks import Assumptions
from infra.project import Project
from scripts.cost_request import Request
from scripts.options import require_stack


def baseline_of(project: Project, request: Request, stacks: Sequence[str], assumed: Assumptions) -> Baseline:
    """Return what was before: the named baseline, or for a what-if the stack file as it is."""
    if request.baseline is not None:
        return of_report(request.baseline)
    if request.against is not None:
        return of_revision(project, request.against, stacks, assumed)
    if request.compare is not None:
        return of_stack(project, require_stack(project, request.compare), stacks, assumed)
    return of_files(project, stacks, assumed)

"""The text of the one issue on drift, and whether there should be one."""

from infra.release.comment import plans
from infra.release.markdown import bounded
from infra.release.model import PlanReport

TAG = "<!-- seatrial-drift -->"
NEXT = (
    "Either somebody changed Azure, or this commit has not been deployed there yet. To keep a change, "
    "write it into the program or the stack file; "
    "to undo it, run the deploy workflow again. See docs/runbook.md, Drift."
)


def drift_title(reports: dict[str, PlanReport | None]) -> str | None:
    """Return the issue's title, None when every stack is as described."""
    apart = [stack for stack, plan in reports.items() if plan is not None and plan.drifted]
    unknown = [stack for stack, plan in reports.items() if plan is None or not plan.ok]
    told = [f"{', '.join(apart)} differ from the program"] if apart else []
    told += [f"{', '.join(unknown)} could not be compared"] if unknown else []
    return f"Drift: {'; '.join(told)}" if told else None


def drift_text(reports: dict[str, PlanReport | None], footer: str) -> str:
    """Return the issue's body."""
    return bounded("\n".join([TAG, *plans(reports), "", NEXT, "", footer]) + "\n")

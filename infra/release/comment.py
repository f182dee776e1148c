"""The one comment of a pull request: rehearsals, price and plans; pure text out of reports."""

from collections.abc import Sequence
from dataclasses import dataclass

from infra.cost.formats.comment import TAG as COST_TAG
from infra.rehearsal.report import UpReport
from infra.release.markdown import bounded, code, folded, table
from infra.release.model import PlanReport

TAG = "<!-- seatrial-preview -->"
NO_PLANS = "Not run: no cloud account is configured for pull requests, or this one comes from a fork."


@dataclass(frozen=True, kw_only=True)
class Results:
    """Hold what a pull request's jobs found; what is None in a mapping could not be read."""

    rehearsals: dict[str, UpReport | None]
    plans: dict[str, PlanReport | None]
    cost: str | None = None


def preview_comment(results: Results, footer: str) -> str:
    """Return the comment's text; its first line is the tag to find it again by."""
    parts = [
        TAG,
        f"## {headline(results)}",
        "",
        "### Rehearsal, without a cloud",
        "",
        *_rehearsals(results.rehearsals),
        "",
        *_cost(results.cost),
        "",
        "### Plan, against what runs",
        "",
        *(plans(results.plans) if results.plans else [NO_PLANS]),
        "",
        footer,
    ]
    return bounded("\n".join(parts) + "\n")


def headline(results: Results) -> str:
    """Return in one line what a reviewer has to know."""
    told = [f"{stack} {_verdict(report)}" for stack, report in results.rehearsals.items()]
    unplanned = [stack for stack, plan in results.plans.items() if plan is None or not plan.ok]
    told += [f"no plan of {', '.join(unplanned)}"] if unplanned else []
    return f"Sea Trial: {'; '.join(told) or 'no rehearsal'}"


def plans(reports: dict[str, PlanReport | None]) -> list[str]:
    """Return what the engine would do to each stack: counts in a table, then step by step."""
    ops = sorted({step.op for plan in reports.values() if plan for step in plan.steps})
    rows, details = [], []
    for stack, plan in reports.items():
        rows.append([stack, *_counts(plan, ops)])
        details += _plan_details(stack, plan)
    return [*table(["stack", *(ops or ["changes"]), "unchanged"], rows), *details]


def _counts(plan: PlanReport | None, ops: Sequence[str]) -> list[str]:
    if plan is None or not plan.ok:
        return ["failed", *[""] * len(ops or "-")]
    counted = [str(sum(step.op == op for step in plan.steps)) for op in ops]
    return [*(counted or ["0"]), str(plan.same)]


def _plan_details(stack: str, plan: PlanReport | None) -> list[str]:
    if plan is None:
        return ["", f"- {stack}: no readable plan; the job's log says why"]
    if not plan.ok:
        return ["", *(f"- {stack}: {code(message)}" for message in plan.messages)]
    if not plan.steps:
        return []
    lines = [
        f"- {step.op} {code(step.name)} ({code(step.type)})"
        + (f": {', '.join(map(code, step.paths))}" if step.paths else "")
        for step in plan.steps
    ]
    return ["", *folded(f"{stack}: {len(lines)} {'change' if len(lines) == 1 else 'changes'}", lines)]


def _rehearsals(reports: dict[str, UpReport | None]) -> list[str]:
    if not reports:
        return ["No rehearsal has left a report; the jobs' logs say why."]
    head = ["stack", "result", "engine, mode", "model", "checks", "resources", "seconds"]
    lines = table(head, [_row(stack, report) for stack, report in reports.items()])
    for stack, report in reports.items():
        lines += _findings(stack, report)
    shown = [sentence for report in reports.values() if report for sentence in report.not_shown]
    if shown:
        lines += ["", *folded("What a rehearsal does not show", [f"- {one}" for one in dict.fromkeys(shown)])]
    return lines


def _verdict(report: UpReport | None) -> str:
    if report is None:
        return "left no report"
    return (
        "ok"
        if report.ok
        else f"refused ({', '.join(dict.fromkeys(f.code for f in report.findings)) or 'no code'})"
    )


def _row(stack: str, report: UpReport | None) -> list[str]:
    if report is None:
        return [stack, _verdict(report), *[""] * 5]
    checks = report.verify.checks if report.verify else ()
    said_yes = f"{sum(check.ok for check in checks)} of {len(checks)}" if checks else "none"
    seconds = sum(stage.seconds for stage in report.stages)
    kind = f"{report.engine}, {report.mode}"
    model = code(report.model or "none")
    return [stack, _verdict(report), kind, model, said_yes, str(len(report.resources)), f"{seconds:.0f}"]


def _findings(stack: str, report: UpReport | None) -> list[str]:
    findings = report.findings if report else ()
    return [
        line
        for finding in findings
        for line in (
            "",
            f"- {stack}: {finding.code} {code(finding.resource)}: {code(finding.message)}",
            f"  Next: {code(finding.fix)}",
        )
    ]


def _cost(text: str | None) -> list[str]:
    if text is None:
        return ["### Price", "", "No price was left; the job's log says why."]
    body = text.removeprefix(COST_TAG).strip("\n")
    lines = body.splitlines()
    title = lines[0].lstrip("# ") if lines else ""
    return [f"### {title}", *lines[1:]]

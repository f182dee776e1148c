"""Showing what one rehearsal found: the stack as a tree, how to reach it, or why it was refused."""

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from scripts.output import result

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from infra.findings.model import Finding
    from infra.rehearsal.invitation import Invitation
    from infra.rehearsal.report import ResourceState, UpReport


def show(report: "UpReport", invitation: "Invitation | None") -> None:
    """Print a report for a person."""
    console = result()
    if report.resources and report.ok:
        console.print(tree(report))
    if report.findings:
        show_findings(console, report.findings)
    for finding in report.advice:
        _line(console, "advice", f"{finding.code} {finding.resource}: {finding.message} {finding.fix}")
    if invitation is not None:
        _line(
            console,
            "page",
            f"{invitation.page}  (good once, for 30 s; `seatrial open {report.stack}` makes another)",
        )
        _line(console, "try", invitation.curl)
    if report.twin_page is not None:
        how = f"(good once, for 10 min; `seatrial open {report.stack} --twin` makes another)"
        _line(console, "twin page", f"{report.twin_page}  {how}")
    _line(console, "model", _model_line(report))
    _line(console, "database", database_line(report))
    _line(console, "telemetry", telemetry_line(report))
    _line(console, "price", price_line(report))
    _line(console, "stages", ", ".join(f"{stage.name} {stage.seconds:.1f} s" for stage in report.stages))
    for sentence in report.not_shown:
        _line(console, "not shown", sentence)
    if report.running:
        _line(console, "stop", f"seatrial down {report.stack}")
        _line(console, "to Azure", f"az login && pulumi -C infra up -s {report.stack}  (README, To Azure)")


def _model_line(report: "UpReport") -> str | None:
    if report.model is None or report.model_of is None:
        return report.model
    return f"{report.model}, in place of {report.model_of} in Azure"


def database_line(report: "UpReport") -> str | None:
    """Return in one line what the database held of the conversation."""
    seen = report.database
    if seen is None:
        return None
    held = ", ".join(
        f"{one.of_conversation} documents in {one.name}" for one in seen.containers if one.of_conversation
    )
    after = "" if seen.left is None else f"; {seen.left or 'none'} left after its deletion"
    cost = f"{seen.requests} requests, {seen.request_units:.0f} RU (modelled)"
    return f"{seen.database} at {seen.endpoint}: {held or 'nothing of the conversation'}{after}; {cost}"


def telemetry_line(report: "UpReport") -> str | None:
    """Return in one line what Application Insights received of the verified run."""
    seen = report.telemetry
    if seen is None:
        return None
    if seen.operation_id is None:
        return f"nothing of run {seen.run_id} has arrived yet; {seen.rows} rows of others"
    name = str(seen.component).rpartition("/")[2]
    look = f"seatrial logs {report.stack} --traces --run {seen.run_id}"
    return f"{seen.spans} spans of the verified run in {name} ({look})"


def price_line(report: "UpReport") -> str | None:
    """Return the monthly price in one line."""
    if report.cost is None:
        return None
    known = "" if report.cost.complete else ", incomplete: usage and unpriced resources are not in it"
    cost = report.cost
    used = (
        ""
        if cost.expected is None
        else f", {cost.expected:.2f} in use (seatrial cost --stack {report.stack})"
    )
    return f"{cost.monthly:.2f} {cost.currency} a month at rest{known}{used}"


def show_findings(console: "Console", findings: "Iterable[Finding]") -> None:
    """Print each finding with its reason, the next step and where to read more."""
    table = Table(box=None, pad_edge=False, header_style="bold", show_lines=False, padding=(0, 2, 1, 0))
    for name in ("code", "what", "reason", "next step"):
        table.add_column(name, overflow="fold")
    found = list(findings)
    for finding in found:
        code = Text(finding.code, style="bold red")
        table.add_row(code, Text(finding.resource), Text(finding.message), Text(finding.fix))
    console.print(table)
    for code_name in dict.fromkeys(finding.code for finding in found):
        console.print(f"more: seatrial explain {code_name}")


def tree(report: "UpReport") -> "Tree":
    """Return the stack's resources, nested as their ids are."""
    root = Tree(Text(f"{report.stack} ({report.mode} mode)", style="bold"))
    branches: dict[str, Tree] = {}
    for resource in sorted(report.resources, key=lambda resource: resource.id.count("/")):
        label = Text.assemble(resource.name, "  ", (resource.type, "dim"), "  ", _status(resource))
        parent = max((known for known in branches if _below(resource.id, known)), key=len, default=None)
        branches[resource.id] = (branches[parent] if parent else root).add(label)
    return root


def _status(resource: "ResourceState") -> tuple[str, str]:
    return resource.status, "green" if resource.status == "Succeeded" else "yellow"


def _below(resource_id: str, parent: str) -> bool:
    return resource_id.lower().startswith(f"{parent.lower()}/")


def _line(console: "Console", name: str, text: str | None) -> None:

    if text:
        console.print(Text.assemble((f"{name:<9} ", "bold"), text), soft_wrap=True)

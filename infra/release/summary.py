"""What a deployment's page in the workflow shows."""

from infra.release.markdown import code, table
from infra.release.model import PromotionReport


def promotion_summary(report: PromotionReport) -> str:
    """Return a deployment's report as Markdown."""
    checks = report.verify.checks if report.verify else ()
    said_yes = f"{sum(check.ok for check in checks)} of {len(checks)}" if checks else "not made"
    seconds = ", ".join(f"{stage.name} {stage.seconds:.0f} s" for stage in report.stages)
    lines = [
        f"## {report.stack}: {report.action}",
        "",
        *table(
            ["image", "before", "address", "checks", "stages"],
            [[code(report.digest), code(report.previous or "none"), code(report.url), said_yes, seconds]],
        ),
        "",
        *(f"- {code(message)}" for message in report.messages),
    ]
    return "\n".join(lines) + "\n"

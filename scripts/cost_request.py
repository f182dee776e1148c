"""What a user asked of `seatrial cost`, and which wishes do not go together."""

from dataclasses import dataclass, fields
from pathlib import Path

from infra.cost.change.limit import Limit
from scripts.errors import usage

CHART_ENDINGS = (".svg", ".png")


@dataclass(frozen=True, kw_only=True)
class Request:
    """Hold the options of one command line."""

    stack: str | None = None
    every: bool = False
    plan: Path | None = None
    overrides: tuple[str, ...] = ()
    model: str | None = None
    usage: Path | None = None
    compare: str | None = None
    against: str | None = None
    baseline: Path | None = None
    fail_above: str | None = None
    fail_increase: str | None = None
    comment: Path | None = None
    chart: Path | None = None
    markdown: bool = False
    strict: bool = False
    free_grants: bool = False
    write_budget: bool = False
    as_json: bool = False

    @property
    def what_if(self) -> bool:
        """Say whether the price is asked under other settings than the stack file's."""
        return bool(self.overrides or self.model)

    @property
    def most(self) -> Limit | None:
        """Return what the month may cost at most; raise LimitError."""
        return Limit.read(self.fail_above, "--fail-above", relative=False) if self.fail_above else None

    @property
    def most_more(self) -> Limit | None:
        """Return by how much the month may grow at most; raise LimitError."""
        text = self.fail_increase
        return Limit.read(text, "--fail-increase", relative=True) if text else None

    @property
    def compared(self) -> bool:
        """Say whether a difference is asked for by name."""
        return any((self.compare, self.against, self.baseline))

    def require_limits(self) -> None:
        """Raise LimitError for a limit that is none."""
        _ = self.most, self.most_more

    def require_nothing(self, part: str) -> None:
        """Refuse options in front of a part's name, where they would be without effect."""
        if any(getattr(self, field.name) != field.default for field in fields(self)):
            usage(f"options of a part stand behind its name: seatrial cost {part} ...")


def refuse(request: Request) -> None:
    """Refuse what does not go together, before anything is computed."""
    named = [one for one in (request.stack, request.every, request.plan) if one]
    if not named or (request.every and len(named) > 1):
        usage("name one stack with --stack, or all with --all, or a preview's file with --plan")
    if sum(bool(one) for one in (request.compare, request.against, request.baseline)) > 1:
        usage("--compare, --against and --baseline exclude each other: one comparison at a time")
    if request.as_json and request.markdown:
        usage("--json and --markdown exclude each other")
    if request.plan and (request.what_if or request.against):
        usage("--plan holds a finished plan: --set, --model and --against need the program (--stack)")
    if request.every and (request.compare or request.usage):
        usage("--compare and --usage are for one stack: name it with --stack")
    if request.write_budget and (request.plan or request.what_if or request.usage):
        usage("--write-budget writes what the stack file and its usage cost: not with --plan, --set, --usage")
    if request.fail_increase and not (request.compared or request.what_if):
        usage("--fail-increase needs a comparison: --against REVISION, --compare STACK or --baseline FILE")
    if request.comment and not (request.compared or request.what_if):
        usage(
            "--comment tells a change, so it needs one: --against REVISION, --compare STACK, --baseline FILE"
        )
    request.require_limits()
    if request.chart and request.chart.suffix not in CHART_ENDINGS:
        usage(f"a chart's file ends with .svg or .png: {request.chart}")

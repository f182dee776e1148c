"""What one rehearsal showed, in the shape that `seatrial up --json` prints."""

from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from infra.findings.model import Finding
from infra.verify.report import VerifyReport

VERIFICATION_CODES = frozenset({"ST019", "ST020", "ST027"})


class Frozen(BaseModel):
    """Hold facts that nobody changes afterwards."""

    model_config = ConfigDict(frozen=True)


class Stage(Frozen):
    """Say how long one stage took."""

    name: str
    seconds: float


class ResourceState(Frozen):
    """Name one resource of the stack and where it stands."""

    type: str
    name: str
    id: str
    status: str


class Price(Frozen):
    """Say what a month costs at rest; `complete` is false while anything is unpriced.

    `expected` is the month that the stack's usage file describes, None where that is not known.
    """

    monthly: Decimal
    currency: str
    complete: bool
    expected: Decimal | None = None


class ContainerEvidence(Frozen):
    """Say what one container held of the conversation, before it was deleted."""

    name: str
    partition_key: str
    documents: int
    of_conversation: int
    ids: tuple[str, ...] = ()


class DatabaseEvidence(Frozen):
    """Prove that the conversation was in the database: read beside the app, at the twin itself.

    `left` counts the conversation's documents after its threads were deleted; request units are modelled.
    """

    account: str
    endpoint: str
    database: str
    containers: tuple[ContainerEvidence, ...]
    threads: tuple[str, ...]
    runs: tuple[str, ...]
    events: int
    requests: int
    request_units: float
    modelled: bool = True
    left: int | None = None


class TelemetryEvidence(Frozen):
    """Say what Application Insights received of the verified run: no operation id before it arrives.

    `spans` counts the run's trace, `rows` everything in all tables.
    """

    run_id: str
    operation_id: str | None = None
    component: str | None = None
    spans: int = 0
    rows: int = 0


class UpReport(Frozen):
    """Hold everything that one `up` showed.

    `advice` stops nothing: what advisory policies say, and what Azure would refuse while the app runs on.
    `twin_page` opens the twin's page, once and within ten minutes; None when no twin is left running.
    """

    stack: str
    ok: bool
    engine: str = "in-process"
    mode: Literal["docker", "process"]
    model: str | None = None
    model_of: str | None = None
    url: str | None = None
    stages: tuple[Stage, ...] = ()
    resources: tuple[ResourceState, ...] = ()
    findings: tuple[Finding, ...] = ()
    advice: tuple[Finding, ...] = ()
    cost: Price | None = None
    outputs: dict[str, Any] = Field(default_factory=dict)
    not_shown: tuple[str, ...] = ()
    verify: VerifyReport | None = Field(default=None)
    database: DatabaseEvidence | None = None
    telemetry: TelemetryEvidence | None = None
    running: bool = False
    twin_page: str | None = None

    @property
    def exit_code(self) -> int:
        """Return 0 when all is well, 3 when the deployment runs and verification said no, else 1."""
        if self.ok:
            return 0
        return 3 if self.findings and {f.code for f in self.findings} <= VERIFICATION_CODES else 1

"""What the page shows, section by section: bounded, without secrets, ready to be JSON."""

from collections.abc import Iterable
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict

LONGEST_TEXT = 600


class Shown(BaseModel):
    """Hold what a section says."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Row = TypeVar("Row", bound=Shown)


class Listing(Shown, Generic[Row]):
    """Hold rows up to a bound, and say how many were left off."""

    rows: tuple[Row, ...] = ()
    left_off: int = 0


def first(rows: Iterable[Row], most: int) -> Listing[Row]:
    """Return the first rows of many."""
    found = tuple(rows)
    return Listing(rows=found[:most], left_off=max(0, len(found) - most))


def clipped(text: object, longest: int = LONGEST_TEXT) -> str:
    """Return a text, or its beginning and how much was cut."""
    whole = str(text)
    return whole if len(whole) <= longest else f"{whole[:longest]} ... ({len(whole) - longest} more)"


class Price(Shown):
    """Say what a month costs, as the rehearsal found it; amounts are decimals in a text."""

    monthly: str
    currency: str
    complete: bool
    expected: str | None = None


class AppState(Shown):
    """Sum one app up."""

    name: str
    url: str | None
    state: str
    replicas: int


class Head(Shown):
    """Say what this twin is."""

    stack: str
    mode: str
    since: str
    apps: tuple[AppState, ...]
    model: str | None
    model_of: str | None
    price: Price | None
    resources: int
    findings: int
    not_shown: tuple[str, ...]


class ResourceRow(Shown):
    """Name a resource; `parent` is the id of the listed resource that it hangs on."""

    id: str
    type: str
    name: str
    state: str
    location: str
    parent: str | None


class ResourceDetail(Shown):
    """Hold what is recorded of a resource, as JSON in a text; `hidden` counts the secrets left out."""

    id: str
    type: str
    name: str
    api_version: str
    parent: str | None
    recorded: str
    hidden: int


class UseRow(Shown):
    """Say what a role let its principal do, how often and when last."""

    action: str
    count: int
    last: str


class RoleRow(Shown):
    """Say who has which role where, and what for."""

    who: str
    principal: str
    role: str
    plane: str
    scope: str
    scope_id: str
    uses: tuple[UseRow, ...]


class PullRow(Shown):
    """Tell one pull from the registry."""

    at: str
    repository: str
    digest: str
    identity: str
    allowed: bool
    reason: str


class ProbeRow(Shown):
    """Say how the platform asks after a container."""

    kind: str
    target: str
    timing: str


class InstanceRow(Shown):
    """Tell one replica."""

    name: str
    ready: bool
    restarts: int
    requests: int
    reason: str


class RevisionRow(Shown):
    """Tell one revision."""

    name: str
    created: str
    active: bool
    health: str
    weight: int
    labels: tuple[str, ...]
    replicas: int
    scale: str
    restarts: int
    reason: str
    image: str
    probes: tuple[ProbeRow, ...]
    instances: tuple[InstanceRow, ...]


class AppRow(Shown):
    """Tell one app with its revisions, the latest first."""

    name: str
    url: str | None
    ingress: str
    revisions: Listing[RevisionRow]


class Cost(Shown):
    """Say what one operation asked and cost (RU, modelled)."""

    operation: str
    requests: int
    units: float


class Partition(Shown):
    """Count the documents of one partition key: in `checkpoints`, of one thread."""

    key: str
    documents: int
    kinds: str


class ContainerRow(Shown):
    """Tell one container of an account."""

    database: str
    name: str
    partition_key: str
    documents: int
    bytes: int
    throughput: int | None
    units: float
    throttled: int
    partitions: Listing[Partition]


class AccountRow(Shown):
    """Tell one database account; units are RU, modelled."""

    name: str
    endpoint: str
    requests: int
    units: float
    throttled: int
    operations: tuple[Cost, ...]
    containers: Listing[ContainerRow]


class AlertRow(Shown):
    """Tell one alert rule."""

    name: str
    kind: str
    watches: str
    condition: str
    timing: str
    severity: str
    enabled: bool
    tells: str


class BudgetRow(Shown):
    """Tell one budget."""

    name: str
    amount: str
    since: str
    notices: str


class Watching(Shown):
    """Hold what is recorded to watch the stack; nothing of it fires in a twin."""

    alerts: Listing[AlertRow]
    budgets: Listing[BudgetRow]


class FindingRow(Shown):
    """Tell one finding."""

    code: str
    resource: str
    message: str
    fix: str


class TraceRow(Shown):
    """Sum one trace up; times in seconds."""

    operation: str
    name: str
    run: str | None
    start: str
    seconds: float
    spans: int
    failed: int


class LogPart(Shown):
    """Hold lines of one app's console; `next` is where to go on, `missed` how many are not here."""

    lines: tuple[str, ...]
    next: int
    missed: int

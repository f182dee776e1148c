"""How many replicas the apps of a plan run, and of which size."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from infra.cost.figure import Figure
from infra.cost.meters.component import Context, Inputs
from infra.cost.model import HOURS
from infra.cost.usage.load import HOUR, Load

DEFAULT_MOST = 10
DEFAULT_CONCURRENCY = 10


@dataclass(frozen=True)
class Scale:
    """Hold one replica's size and how many of it may run; a concurrency of None has no HTTP rule."""

    cpu: Decimal
    memory: Decimal
    least: int
    most: int
    concurrency: int | None
    revisions: int
    external: bool

    @classmethod
    def of(cls, inputs: Inputs) -> "Scale":
        """Return how a container app scales; KeyError or TypeError where an input is not known."""
        template = inputs["template"]
        rules = template.get("scale") or {}
        cpu, memory = size(template["containers"])
        most = int(rules.get("maxReplicas") or DEFAULT_MOST)
        ingress = (inputs.get("configuration") or {}).get("ingress") or {}
        return cls(
            cpu=cpu,
            memory=memory,
            least=int(rules.get("minReplicas") or 0),
            most=most,
            concurrency=_concurrency(rules.get("rules") or (), ingress=bool(ingress)),
            revisions=_revisions(inputs),
            external=bool(ingress.get("external")),
        )

    def extra_seconds(self, load: Load) -> Figure | None:
        """Return replica-seconds above the minimum; None where no HTTP rule tells them."""
        if self.least >= self.most:
            return Figure(Decimal(0), (f"{self.least} replicas at least and at most",))
        if self.concurrency is None:
            return None
        return load.extra_replica_seconds(least=self.least, most=self.most, concurrency=self.concurrency)

    def hours(self, load: Load) -> Figure | None:
        """Return all replica-hours of a month."""
        extra = self.extra_seconds(load)
        if extra is None:
            return None
        always = Figure.of(self.least * self.revisions, "replicas at least").times(HOURS, "hours")
        return always.plus(extra.over(HOUR, "an hour"))


def size(containers: list[dict[str, Any]]) -> tuple[Decimal, Decimal]:
    """Return vCPU and GiB of one replica: the sum of its containers."""
    sizes = [container["resources"] for container in containers]
    cpu = sum((Decimal(str(one["cpu"])) for one in sizes), Decimal(0))
    return cpu, sum((gibibytes(one["memory"]) for one in sizes), Decimal(0))


def gibibytes(text: str) -> Decimal:
    """Return how many GiB a Container Apps memory size is."""
    return Decimal(text.removesuffix("Gi"))


def _concurrency(rules: Sequence[dict[str, Any]], *, ingress: bool) -> int | None:
    for rule in rules:
        metadata = (rule.get("http") or {}).get("metadata") or {}
        if "concurrentRequests" in metadata:
            return int(metadata["concurrentRequests"])
    # With ingress and no rule at all, Container Apps adds an HTTP rule of ten.
    return DEFAULT_CONCURRENCY if ingress and not rules else None


def _revisions(inputs: Inputs) -> int:
    """Return how many revisions the traffic plan keeps running all the time."""
    configuration = inputs.get("configuration") or {}
    if configuration.get("activeRevisionsMode") != "Multiple":
        return 1
    traffic = (configuration.get("ingress") or {}).get("traffic") or ()
    return max(1, sum(1 for one in traffic if one.get("weight") or one.get("label")))


def replica_hours(context: Context, load: Load) -> Figure | None:
    """Return the replica-hours of all container apps of a plan; None where one is not known."""
    total = Figure(Decimal(0), ())
    for app in context.of_type("app:ContainerApp"):
        hours = Scale.of(app.inputs).hours(load)
        if hours is None:
            return None
        total = hours if not total.steps else total.plus(hours)
    return total

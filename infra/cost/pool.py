"""What Azure gives each subscription once a month, taken off once however many stacks share it."""

from collections.abc import Mapping
from decimal import Decimal

from infra.cost.model import COLUMNS, ZERO

GRANTS: Mapping[str, Decimal] = {
    "aca-vcpu-active": Decimal(180_000),
    "aca-memory-active": Decimal(360_000),
    "aca-requests": Decimal(2),
    "acr-task-vcpu": Decimal(6_000),
    "alert-metric-series": Decimal(10),
    "bandwidth-out": Decimal(100),
    "logs-ingestion": Decimal(5),
    "notify-email": Decimal(1_000),
    "notify-push": Decimal(1_000),
    "notify-sms": Decimal(100),
    "notify-voice": Decimal(10),
}


class Pool:
    """Hand out a subscription's free amounts until they are used up, in each column on its own."""

    def __init__(self, grants: Mapping[str, Decimal] = GRANTS) -> None:
        self._left = {(meter, column): amount for meter, amount in grants.items() for column in COLUMNS}

    @classmethod
    def empty(cls) -> "Pool":
        """Return a pool that gives nothing: the subscription uses its free amounts elsewhere."""
        return cls({})

    def take(self, meter: str, quantity: Mapping[str, Decimal | None]) -> dict[str, Decimal]:
        """Return what is free of a line's quantity, and count it as used."""
        taken = {}
        for column, amount in quantity.items():
            free = min(self._left.get((meter, column), ZERO), amount or ZERO)
            if free:
                self._left[meter, column] -= free
                taken[column] = free
        return taken

"""The month's budget: a note to people, not a limit."""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import consumption

from infra.components.placement import Placement
from infra.options.watching import BudgetConfig


@dataclass(frozen=True, kw_only=True, eq=False)
class BudgetArgs:
    """Say what may be spent in which group, and who is told."""

    placement: Placement
    config: BudgetConfig
    scope: pulumi.Output[str]


class Budget(pulumi.ComponentResource):
    """Hold a budget that warns at 80 % forecast and at the full amount."""

    def __init__(self, name: str, args: BudgetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("seatrial:index:Budget", name, None, opts)
        consumption.Budget(
            name,
            scope=args.scope,
            budget_name=args.placement.name("budget"),
            amount=float(args.config.amount),
            category=consumption.CategoryType.COST,
            time_grain=consumption.TimeGrainType.MONTHLY,
            time_period=consumption.BudgetTimePeriodArgs(start_date=f"{args.config.start_date}T00:00:00Z"),
            notifications={
                "forecast80": _notification(args.config, 80, consumption.ThresholdType.FORECASTED),
                "actual100": _notification(args.config, 100, consumption.ThresholdType.ACTUAL),
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})


def _notification(
    config: BudgetConfig, threshold: int, kind: consumption.ThresholdType
) -> consumption.NotificationArgs:
    return consumption.NotificationArgs(
        enabled=True,
        operator=consumption.OperatorType.GREATER_THAN,
        threshold=threshold,
        threshold_type=kind,
        contact_emails=list(config.contacts),
        # Azure refuses a notification that reaches nobody.
        contact_roles=["Owner"],
    )

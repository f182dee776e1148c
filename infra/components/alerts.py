"""Who hears of it when the app keeps restarting."""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import monitor

from infra.components.placement import Placement
from infra.options.watching import AlertsConfig

_SINGLE_RESOURCE = "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria"


@dataclass(frozen=True, kw_only=True, eq=False)
class AlertsArgs:
    """Say what is watched, who is told and from when on."""

    placement: Placement
    config: AlertsConfig
    app_id: pulumi.Output[str]
    short_name: str


class Alerts(pulumi.ComponentResource):
    """Hold an action group and the restart alert."""

    def __init__(self, name: str, args: AlertsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("seatrial:index:Alerts", name, None, opts)
        people = _action_group(name, args, self)
        monitor.MetricAlert(
            f"{name}-restarts",
            resource_group_name=args.placement.group,
            rule_name=args.placement.name("alert", "restarts"),
            location="global",
            tags=args.placement.tags,
            description="The app keeps restarting: look at its console log and at the startup probe.",
            severity=2,
            enabled=True,
            scopes=[args.app_id],
            evaluation_frequency="PT5M",
            window_size="PT15M",
            criteria=_restarts(args.config.restarts),
            actions=[monitor.MetricAlertActionArgs(action_group_id=people.id)],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})


def _action_group(name: str, args: AlertsArgs, parent: pulumi.Resource) -> monitor.ActionGroup:
    email = args.config.email
    receivers = [] if email is None else [_receiver(email)]
    return monitor.ActionGroup(
        name,
        resource_group_name=args.placement.group,
        action_group_name=args.placement.name("action_group"),
        location="global",
        tags=args.placement.tags,
        group_short_name=args.short_name,
        enabled=True,
        email_receivers=receivers,
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _receiver(email: str) -> monitor.MicrosoftCommonEmailReceiverArgs:
    return monitor.MicrosoftCommonEmailReceiverArgs(
        name="operators", email_address=email, use_common_alert_schema=True
    )


def _restarts(limit: int) -> monitor.MetricAlertSingleResourceMultipleMetricCriteriaArgs:
    return monitor.MetricAlertSingleResourceMultipleMetricCriteriaArgs(
        odata_type=_SINGLE_RESOURCE,
        all_of=[
            monitor.MetricCriteriaArgs(
                criterion_type="StaticThresholdCriterion",
                name="restarts",
                metric_name="RestartCount",
                operator="GreaterThan",
                threshold=limit,
                time_aggregation="Total",
            )
        ],
    )

"""Who hears of it when something is wrong with the app or its database."""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import monitor

from infra.components.placement import Placement
from infra.components.watches import APP, DATABASE, Watch, watches
from infra.options.watching import AlertsConfig

_SINGLE_RESOURCE = "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria"


@dataclass(frozen=True, kw_only=True, eq=False)
class AlertsArgs:
    """Say what is watched, who is told and from when on."""

    placement: Placement
    config: AlertsConfig
    app_id: pulumi.Output[str]
    database_id: pulumi.Output[str]
    short_name: str


class Alerts(pulumi.ComponentResource):
    """Hold an action group and one alert for each thing that is watched; `people` is the group's id."""

    people: pulumi.Output[str]

    def __init__(self, name: str, args: AlertsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("seatrial:index:Alerts", name, None, opts)
        self.people = _action_group(name, args, self).id
        scopes = {APP: args.app_id, DATABASE: args.database_id}
        for watch in watches(args.config):
            told = Told(placement=args.placement, people=self.people, scope=scopes[watch.target])
            alert(f"{name}-{watch.name}", watch, told, self)
        self.register_outputs({"people": self.people})


@dataclass(frozen=True, kw_only=True, eq=False)
class Told:
    """Say which resource an alert is about and who is told."""

    placement: Placement
    people: pulumi.Output[str]
    scope: pulumi.Output[str]


def alert(name: str, watch: Watch, told: Told, parent: pulumi.Resource) -> monitor.MetricAlert:
    """Return the alert that watches one metric."""
    return monitor.MetricAlert(
        name,
        resource_group_name=told.placement.group,
        rule_name=told.placement.name("alert", watch.name),
        location="global",
        tags=told.placement.tags,
        description=watch.advice,
        severity=watch.severity,
        enabled=True,
        scopes=[told.scope],
        evaluation_frequency="PT5M",
        window_size=watch.window,
        criteria=_criteria(watch),
        actions=[monitor.MetricAlertActionArgs(action_group_id=told.people)],
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _criteria(watch: Watch) -> monitor.MetricAlertSingleResourceMultipleMetricCriteriaArgs:
    dimensions = [
        monitor.MetricDimensionArgs(name=name, operator="Include", values=[value])
        for name, value in watch.dimensions.items()
    ]
    return monitor.MetricAlertSingleResourceMultipleMetricCriteriaArgs(
        odata_type=_SINGLE_RESOURCE,
        all_of=[
            monitor.MetricCriteriaArgs(
                criterion_type="StaticThresholdCriterion",
                name=watch.name,
                metric_name=watch.metric,
                operator=watch.operator,
                threshold=watch.threshold,
                time_aggregation=watch.aggregation,
                dimensions=dimensions or None,
            )
        ],
    )


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

"""The app as the world reaches it: asked from several places, and people told when it does not answer."""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import applicationinsights

from infra.components.alerts import Told, alert
from infra.components.placement import Placement
from infra.components.watches import reachability
from infra.naming import url_of
from infra.options.watching import AvailabilityConfig

CERTIFICATE_DAYS = 7
_OK = 200


@dataclass(frozen=True, kw_only=True, eq=False)
class AvailabilityArgs:
    """Say what is asked, which component keeps the results, and who is told."""

    placement: Placement
    config: AvailabilityConfig
    host: pulumi.Output[str]
    component_id: pulumi.Output[str]
    people: pulumi.Output[str]
    test_name: str


class Availability(pulumi.ComponentResource):
    """Hold a standard availability test and the alert on its results."""

    def __init__(self, name: str, args: AvailabilityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("seatrial:index:Availability", name, None, opts)
        test = _test(name, args, self)
        told = Told(placement=args.placement, people=args.people, scope=args.component_id)
        alert(f"{name}-alert", reachability(args.config, args.test_name), told, self)
        self.register_outputs({"id": test.id})


def _test(name: str, args: AvailabilityArgs, parent: pulumi.Resource) -> applicationinsights.WebTest:
    config, address = args.config, args.host.apply(url_of)
    return applicationinsights.WebTest(
        name,
        resource_group_name=args.placement.group,
        web_test_name=args.test_name,
        synthetic_monitor_id=args.test_name,
        location=args.placement.location,
        # Azure refuses a test that is linked to no component, and this tag is the link.
        tags=args.component_id.apply(
            lambda found: {**args.placement.tags, f"hidden-link:{found}": "Resource"}
        ),
        kind=applicationinsights.WebTestKind.STANDARD,
        web_test_kind=applicationinsights.WebTestKind.STANDARD,
        enabled=True,
        frequency=config.every_seconds,
        timeout=30,
        retry_enabled=True,
        locations=[applicationinsights.WebTestGeolocationArgs(location=place) for place in config.places],
        request=applicationinsights.WebTestPropertiesRequestArgs(
            http_verb="GET",
            request_url=pulumi.Output.concat(address, config.path),
            parse_dependent_requests=False,
        ),
        validation_rules=address.apply(_rules),
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _rules(address: str) -> applicationinsights.WebTestPropertiesValidationRulesArgs:
    secure = address.startswith("https:")
    return applicationinsights.WebTestPropertiesValidationRulesArgs(
        expected_http_status_code=_OK,
        s_sl_check=secure,
        s_sl_cert_remaining_lifetime_check=CERTIFICATE_DAYS if secure else None,
    )

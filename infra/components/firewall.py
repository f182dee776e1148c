"""What Front Door's firewall lets through."""

import pulumi
from pulumi_azure_native import frontdoor

from infra.components.placement import Placement
from infra.options.edge import FrontDoorConfig

MANAGED = (("Microsoft_DefaultRuleSet", "2.1", "Block"), ("Microsoft_BotManagerRuleSet", "1.1", None))


def rules(
    name: str, placement: Placement, config: FrontDoorConfig, opts: pulumi.ResourceOptions
) -> frontdoor.Policy:
    """Return the policy: a bound on each address, and in Premium what Microsoft keeps up to date."""
    return frontdoor.Policy(
        f"{name}-firewall",
        resource_group_name=placement.group,
        policy_name=placement.name("firewall"),
        location="global",
        tags=placement.tags,
        sku=frontdoor.SkuArgs(name=f"{config.sku}_AzureFrontDoor"),
        policy_settings=frontdoor.PolicySettingsArgs(
            enabled_state=frontdoor.PolicyEnabledState.ENABLED,
            mode=config.firewall,
            request_body_check=frontdoor.PolicyRequestBodyCheck.ENABLED,
        ),
        custom_rules=frontdoor.CustomRuleListArgs(rules=[_bound(config)]),
        managed_rules=_managed() if config.sku == "Premium" else None,
        opts=opts,
    )


def _bound(config: FrontDoorConfig) -> frontdoor.CustomRuleArgs:
    return frontdoor.CustomRuleArgs(
        name="perAddress",
        priority=1,
        enabled_state=frontdoor.CustomRuleEnabledState.ENABLED,
        rule_type=frontdoor.RuleType.RATE_LIMIT_RULE,
        rate_limit_duration_in_minutes=1,
        rate_limit_threshold=config.requests_per_minute,
        action=frontdoor.ActionType.BLOCK,
        match_conditions=[
            # A rate limit wants a condition: this one is met by every request.
            frontdoor.MatchConditionArgs(
                match_variable=frontdoor.MatchVariable.REQUEST_URI,
                operator=frontdoor.Operator.CONTAINS,
                match_value=["/"],
            )
        ],
    )


def _managed() -> frontdoor.ManagedRuleSetListArgs:
    return frontdoor.ManagedRuleSetListArgs(
        managed_rule_sets=[
            frontdoor.ManagedRuleSetArgs(rule_set_type=kind, rule_set_version=version, rule_set_action=action)
            for kind, version, action in MANAGED
        ]
    )

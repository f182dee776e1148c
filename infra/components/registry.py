"""The registry and who may pull from it."""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import containerregistry

from infra.components import roles
from infra.components.placement import Placement
from infra.components.restrictions import addresses
from infra.options.network import NetworkConfig


@dataclass(frozen=True, kw_only=True, eq=False)
class RegistryArgs:
    """Say how big the registry is, which principal pulls, and who else than the stack's network is let in."""

    placement: Placement
    sku: str
    puller: pulumi.Output[str]
    network: NetworkConfig | None = None


class Registry(pulumi.ComponentResource):
    """Hold a registry without an admin user, and the AcrPull role that a replica needs to start."""

    id: pulumi.Output[str]
    name: pulumi.Output[str]
    login_server: pulumi.Output[str]
    grants: list[pulumi.Resource]

    def __init__(self, name: str, args: RegistryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("seatrial:index:Registry", name, None, opts)
        self.name = args.placement.name("registry")
        registry = containerregistry.Registry(
            name,
            resource_group_name=args.placement.group,
            registry_name=self.name,
            location=args.placement.location,
            tags=args.placement.tags,
            sku=containerregistry.SkuArgs(name=args.sku),
            admin_user_enabled=False,
            anonymous_pull_enabled=False,
            public_network_access=_public(args.network),
            network_rule_set=_rules(args.network),
            opts=pulumi.ResourceOptions(parent=self, protect=args.placement.protect),
        )
        pull = roles.grant(
            f"{name}-pull",
            roles.ACR_PULL,
            scope=registry.id,
            principal_id=args.puller,
            placement=args.placement,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.id = registry.id
        self.login_server = registry.login_server
        self.grants = [pull]
        self.register_outputs({"id": self.id, "loginServer": self.login_server})


def _public(network: NetworkConfig | None) -> str | None:
    if network is None:
        return None
    return "Enabled" if network.allow else "Disabled"


def _rules(network: NetworkConfig | None) -> containerregistry.NetworkRuleSetArgs | None:
    if network is None or not network.allow:
        return None
    return containerregistry.NetworkRuleSetArgs(
        default_action=containerregistry.DefaultAction.DENY,
        ip_rules=[
            containerregistry.IPRuleArgs(i_p_address_or_range=one, action="Allow")
            for one in addresses(network.allow)
        ],
    )

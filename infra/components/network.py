"""The stack's own network: a subnet that the environment has to itself, and one for private endpoints."""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import network

from infra.components.placement import Placement
from infra.options.network import NetworkConfig

ENVIRONMENTS = "Microsoft.App/environments"


@dataclass(frozen=True, kw_only=True, eq=False)
class NetworkArgs:
    """Say where the network goes and how its addresses are divided."""

    placement: Placement
    config: NetworkConfig


class Network(pulumi.ComponentResource):
    """Hold a virtual network and its two subnets, made one after the other as Azure wants them."""

    id: pulumi.Output[str]
    environment_subnet: pulumi.Output[str]
    endpoints_subnet: pulumi.Output[str]

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("seatrial:index:Network", name, None, opts)
        made = network.VirtualNetwork(
            name,
            resource_group_name=args.placement.group,
            virtual_network_name=args.placement.name("network"),
            location=args.placement.location,
            tags=args.placement.tags,
            address_space=network.AddressSpaceArgs(address_prefixes=[args.config.address_space]),
            opts=pulumi.ResourceOptions(parent=self),
        )
        endpoints = network.Subnet(
            f"{name}-endpoints",
            resource_group_name=args.placement.group,
            virtual_network_name=made.name,
            subnet_name="endpoints",
            address_prefix=args.config.endpoints_range,
            opts=pulumi.ResourceOptions(parent=self),
        )
        environment = network.Subnet(
            f"{name}-environment",
            resource_group_name=args.placement.group,
            virtual_network_name=made.name,
            subnet_name="environment",
            address_prefix=args.config.environment_range,
            delegations=[network.DelegationArgs(name="environment", service_name=ENVIRONMENTS)],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[endpoints]),
        )
        self.id = made.id
        self.environment_subnet = environment.id
        self.endpoints_subnet = endpoints.id
        self.register_outputs({"id": self.id})

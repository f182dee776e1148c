"""The private way to a service: an endpoint in the network, and the service's name resolved to it there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import network, privatedns

from infra.components.network import Network
from infra.components.placement import Placement


@dataclass(frozen=True, kw_only=True)
class Service:
    """Name what Azure calls the service: the group of its endpoints and the zone of its private names."""

    group: str
    zone: str


REGISTRY = Service(group="registry", zone="privatelink.azurecr.io")
COSMOS = Service(group="Sql", zone="privatelink.documents.azure.com")
MODEL = Service(group="account", zone="privatelink.openai.azure.com")
VAULT = Service(group="vault", zone="privatelink.vaultcore.azure.net")


@dataclass(frozen=True, kw_only=True, eq=False)
class PrivateAccessArgs:
    """Say which service is reached from which network, and what must be done at the service before.

    Accounts refuse an endpoint while something else is made in them.
    """

    placement: Placement
    network: Network
    service: Service
    target: pulumi.Output[str]
    after: Sequence[pulumi.Resource]


class PrivateAccess(pulumi.ComponentResource):
    """Hold endpoint, zone, the zone's link to the network and the endpoint's records in the zone."""

    grants: list[pulumi.Resource]
    """What must be there before the service can be reached."""

    def __init__(
        self, name: str, args: PrivateAccessArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("seatrial:index:PrivateAccess", name, None, opts)
        zone = privatedns.PrivateZone(
            f"{name}-zone",
            resource_group_name=args.placement.group,
            private_zone_name=args.service.zone,
            location="global",
            tags=args.placement.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        link = privatedns.VirtualNetworkLink(
            f"{name}-link",
            resource_group_name=args.placement.group,
            private_zone_name=zone.name,
            virtual_network_link_name=args.placement.name("network"),
            location="global",
            tags=args.placement.tags,
            registration_enabled=False,
            virtual_network=privatedns.SubResourceArgs(id=args.network.id),
            opts=pulumi.ResourceOptions(parent=self),
        )
        endpoint = _endpoint(name, args, self)
        records = network.PrivateDnsZoneGroup(
            f"{name}-records",
            resource_group_name=args.placement.group,
            private_endpoint_name=endpoint.name,
            private_dns_zone_group_name="default",
            private_dns_zone_configs=[
                network.PrivateDnsZoneConfigArgs(name=args.service.group.lower(), private_dns_zone_id=zone.id)
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.grants = [link, records]
        self.register_outputs({})


def _endpoint(name: str, args: PrivateAccessArgs, parent: pulumi.Resource) -> network.PrivateEndpoint:
    return network.PrivateEndpoint(
        name,
        resource_group_name=args.placement.group,
        private_endpoint_name=args.placement.name("private_endpoint", args.service.group.lower()),
        location=args.placement.location,
        tags=args.placement.tags,
        subnet=network.SubnetArgs(id=args.network.endpoints_subnet),
        private_link_service_connections=[
            network.PrivateLinkServiceConnectionArgs(
                name=args.service.group.lower(),
                private_link_service_id=args.target,
                group_ids=[args.service.group],
            )
        ],
        opts=pulumi.ResourceOptions(parent=parent, depends_on=list(args.after)),
    )


def ways(
    placement: Placement,
    within: Network,
    targets: Mapping[Service, pulumi.Output[str]],
    after: Sequence[pulumi.Resource],
) -> list[pulumi.Resource]:
    """Make a private way to each service; return what must be there before they can be reached."""
    made = [
        PrivateAccess(
            f"private-{service.group.lower()}",
            PrivateAccessArgs(
                placement=placement, network=within, service=service, target=target, after=after
            ),
        )
        for service, target in targets.items()
    ]
    return [one for access in made for one in access.grants]

"""The registry and who may pull from it."""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import containerregistry

from infra.components import roles
from infra.components.placement import Placement


@dataclass(frozen=True, kw_only=True, eq=False)
class RegistryArgs:
    """Say how big the registry is and which principal pulls."""

    placement: Placement
    sku: str
    puller: pulumi.Output[str]


class Registry(pulumi.ComponentResource):
    """Hold a registry without an admin user, and the AcrPull role that a replica needs to start."""

    id: pulumi.Output[str]
    login_server: pulumi.Output[str]
    grants: list[pulumi.Resource]

    def __init__(self, name: str, args: RegistryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("seatrial:index:Registry", name, None, opts)
        registry = containerregistry.Registry(
            name,
            resource_group_name=args.placement.group,
            registry_name=args.placement.name("registry"),
            location=args.placement.location,
            tags=args.placement.tags,
            sku=containerregistry.SkuArgs(name=args.sku),
            admin_user_enabled=False,
            anonymous_pull_enabled=False,
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

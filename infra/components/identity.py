"""The app's identity: it exists before the app, so that its roles do too."""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import managedidentity

from infra.components.placement import Placement


@dataclass(frozen=True, kw_only=True, eq=False)
class IdentityArgs:
    """Say where the identity goes."""

    placement: Placement


class Identity(pulumi.ComponentResource):
    """Hold a user-assigned identity."""

    id: pulumi.Output[str]
    client_id: pulumi.Output[str]
    principal_id: pulumi.Output[str]
    tenant_id: pulumi.Output[str]

    def __init__(self, name: str, args: IdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("seatrial:index:Identity", name, None, opts)
        identity = managedidentity.UserAssignedIdentity(
            name,
            resource_group_name=args.placement.group,
            resource_name_=args.placement.name("identity"),
            location=args.placement.location,
            tags=args.placement.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.id = identity.id
        self.client_id = identity.client_id
        self.principal_id = identity.principal_id
        self.tenant_id = identity.tenant_id
        self.register_outputs({"id": self.id, "clientId": self.client_id, "principalId": self.principal_id})

"""Who deploys and who previews: identities that GitHub's tokens stand for, and their rights."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import managedidentity

from infra.bootstrap.place import Grant, Place, grant
from infra.bootstrap.subjects import AUDIENCE, ISSUER, credential_name


@dataclass(frozen=True, kw_only=True, eq=False)
class FederatedArgs:
    """Say what the identity is called, what its subjects begin with and how they end."""

    place: Place
    name: str
    prefix: str
    contexts: Sequence[str]


class Federated(pulumi.ComponentResource):
    """Hold an identity without any secret: GitHub's tokens for these subjects are believed, no others."""

    client_id: pulumi.Output[str]
    principal_id: pulumi.Output[str]
    tenant_id: pulumi.Output[str]

    def __init__(self, name: str, args: FederatedArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("seatrial:bootstrap:Federated", name, None, opts)
        self._place = args.place
        self._label = name
        identity = managedidentity.UserAssignedIdentity(
            name,
            resource_group_name=args.place.group,
            resource_name_=args.name,
            location=args.place.location,
            tags=args.place.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        before: list[pulumi.Resource] = []
        for context in args.contexts:
            # Azure refuses two writes at once to the credentials of one identity.
            before = [self._credential(args, identity, context, before)]
        self.client_id = identity.client_id
        self.principal_id = identity.principal_id
        self.tenant_id = identity.tenant_id
        self.register_outputs({"clientId": self.client_id})

    def _credential(
        self,
        args: FederatedArgs,
        identity: managedidentity.UserAssignedIdentity,
        context: str,
        after: list[pulumi.Resource],
    ) -> pulumi.Resource:
        name = credential_name(context)
        return managedidentity.FederatedIdentityCredential(
            f"{self._label}-{name}",
            resource_group_name=args.place.group,
            resource_name_=identity.name,
            federated_identity_credential_resource_name=name,
            issuer=ISSUER,
            subject=f"{args.prefix}:{context}",
            audiences=[AUDIENCE],
            opts=pulumi.ResourceOptions(parent=self, depends_on=after),
        )

    def may(self, what: str, role: str, scope: pulumi.Output[str], *, condition: str | None = None) -> None:
        """Give the identity a role at a scope."""
        given = Grant(role=role, scope=scope, principal=self.principal_id, condition=condition)
        grant(f"{self._label}-{what}", given, self._place, self)

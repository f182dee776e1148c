"""Who may do what: role assignments under names that never change."""

import pulumi
from pulumi_azure_native import authorization

from infra import naming
from infra.components.placement import Placement

ACR_PULL = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
OPENAI_USER = "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd"
VAULT_SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
METRICS_PUBLISHER = "3913510d-42f4-4e42-8a64-420c390055eb"


def grant(
    name: str,
    role: str,
    *,
    scope: pulumi.Output[str],
    principal_id: pulumi.Output[str],
    placement: Placement,
    opts: pulumi.ResourceOptions,
) -> authorization.RoleAssignment:
    """Give a service principal one built-in role at a scope."""
    assignment = pulumi.Output.all(scope, principal_id).apply(
        lambda known: naming.assignment(known[0], known[1], role)
    )
    return authorization.RoleAssignment(
        name,
        role_assignment_name=assignment,
        scope=scope,
        principal_id=principal_id,
        # A new principal is not yet known everywhere: without its type Azure looks it up and fails.
        principal_type=authorization.PrincipalType.SERVICE_PRINCIPAL,
        role_definition_id=pulumi.Output.concat(
            placement.subscription, "/providers/Microsoft.Authorization/roleDefinitions/", role
        ),
        opts=opts,
    )

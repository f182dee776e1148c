"""The least rights that deployments need: role ids, and the condition on handing roles on. Pure."""

from collections.abc import Iterable

READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
RBAC_ADMINISTRATOR = "f58310d9-a9f6-439a-9e8d-f62e7b41a168"
STATE_WRITER = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
"""Storage Blob Data Contributor."""
STATE_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
"""Storage Blob Data Reader."""
KEY_USER = "12338af0-0e69-4776-bea7-57ae8d297424"
"""Key Vault Crypto User."""
CONDITION_VERSION = "2.0"
_ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"


def condition(roles: Iterable[str]) -> str:
    """Return the condition under which role assignments may be written and deleted.

    Only these roles, and only to service principals: an identity that holds it cannot make itself or a
    person Owner. https://learn.microsoft.com/azure/role-based-access-control/delegate-role-assignments-examples
    """
    listed = ", ".join(sorted(roles))
    return " AND ".join(
        _clause(action, source, listed) for action, source in (("write", "@Request"), ("delete", "@Resource"))
    )


def _clause(action: str, source: str, roles: str) -> str:
    service = "ForAnyOfAnyValues:StringEqualsIgnoreCase {'ServicePrincipal'}"
    return (
        f"((!(ActionMatches{{'{_ASSIGNMENTS}/{action}'}})) OR "
        f"({source}[{_ASSIGNMENTS}:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {{{roles}}} AND "
        f"{source}[{_ASSIGNMENTS}:PrincipalType] {service}))"
    )

"""Role assignments: who may do what, at a scope or above it."""

from collections.abc import Collection, Iterable, Iterator

from infra.twin.arm.behaviour import ResourceStore
from infra.twin.arm.ids import ResourceId
from infra.twin.identity.conditions import Facts, attributes, evaluated, holds
from infra.twin.identity.definitions import definitions

OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
OPENAI_USER = "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd"
OPENAI_CONTRIBUTOR = "a001fd3d-188f-4b5d-821b-7da978bf7442"
COGNITIVE_USER = "a97b65f3-24c7-4388-baec-2e87135dc908"

BUILT_IN = {role.id: role.name for role in definitions().values()}

MODEL_CALLERS = frozenset({OPENAI_USER, OPENAI_CONTRIBUTOR, COGNITIVE_USER})

ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"


def allowed(
    state: ResourceStore, principal_id: str, action_role_ids: Collection[str], resource_id: str | ResourceId
) -> bool:
    """Say whether a principal has one of these roles at the resource or at a scope above it."""
    return any(role in action_role_ids for role, _ in _roles(state, principal_id, resource_id))


def may(state: ResourceStore, principal_id: str, action: str, resource_id: str | ResourceId) -> bool:
    """Say whether a principal's roles at the resource or above grant an action of the control plane.

    A condition that hangs on what is requested counts as fulfilled: `fulfilled` tells once that is known.
    """
    target = state.get(resource_id)
    resource = attributes(target.properties) if target is not None and target.type == ASSIGNMENTS else None
    found = granting(state, principal_id, action, resource_id)
    return fulfilled(found, Facts(action=action, resource=resource))


def granting(
    state: ResourceStore, principal_id: str, action: str, resource_id: str | ResourceId
) -> Iterator[str]:
    """Yield the condition, empty where there is none, of each assignment that grants an action."""
    known = definitions()
    for role, condition in _roles(state, principal_id, resource_id):
        if role in known and known[role].grants(action):
            yield condition


def fulfilled(conditions: Iterable[str], facts: Facts) -> bool:
    """Say whether one of the conditions lets an action pass; one that nobody here can judge does."""
    return any(not condition or holds(condition, facts) is not False for condition in conditions)


def may_on_data(state: ResourceStore, principal_id: str, action: str, resource_id: str | ResourceId) -> bool:
    """Say whether a principal's roles at the resource or above grant an action of its data plane."""
    known = definitions()
    return any(
        known[role].grants_data(action)
        for role, _ in _roles(state, principal_id, resource_id)
        if role in known
    )


def has_any_role(state: ResourceStore, principal_id: str) -> bool:
    """Say whether a principal has a role anywhere."""
    return any(_is_of(found.properties, principal_id) for found in state.of_type(ASSIGNMENTS))


def unevaluated(state: ResourceStore) -> list[str]:
    """Return the names of the assignments whose conditions the twin does not understand."""
    held = ((found.name, found.properties.get("condition")) for found in state.of_type(ASSIGNMENTS))
    return [name for name, condition in held if condition and not evaluated(str(condition))]


def _roles(
    state: ResourceStore, principal_id: str, resource_id: str | ResourceId
) -> Iterator[tuple[str, str]]:
    target = ResourceId(str(resource_id))
    for assignment in state.of_type(ASSIGNMENTS):
        scope = assignment.id.scope
        here = scope.key == target.key or target.is_below(scope)
        if here and _is_of(assignment.properties, principal_id):
            condition = str(assignment.properties.get("condition") or "")
            yield role_guid(str(assignment.properties.get("roleDefinitionId", ""))), condition


def _is_of(properties: dict[str, object], principal_id: str) -> bool:
    return str(properties.get("principalId", "")).lower() == principal_id.lower()


def role_guid(role_definition_id: str) -> str:
    """Return the GUID at the end of a role definition's id."""
    return role_definition_id.rstrip("/").rsplit("/", 1)[-1].lower()

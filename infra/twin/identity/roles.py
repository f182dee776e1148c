"""Role assignments: who may do what, at a scope or above it."""

from collections.abc import Collection

from infra.twin.arm.behaviour import ResourceStore
from infra.twin.arm.ids import ResourceId

OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
ACR_PULL = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
ACR_PUSH = "8311e382-0749-4cb8-b61a-304f252e45ec"
OPENAI_USER = "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd"
OPENAI_CONTRIBUTOR = "a001fd3d-188f-4b5d-821b-7da978bf7442"
COGNITIVE_USER = "a97b65f3-24c7-4388-baec-2e87135dc908"

BUILT_IN = {
    OWNER: "Owner",
    CONTRIBUTOR: "Contributor",
    READER: "Reader",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
    ACR_PULL: "AcrPull",
    ACR_PUSH: "AcrPush",
    "c2f4ef07-c644-48eb-af81-4b1b4947fb11": "AcrDelete",
    OPENAI_USER: "Cognitive Services OpenAI User",
    OPENAI_CONTRIBUTOR: "Cognitive Services OpenAI Contributor",
    COGNITIVE_USER: "Cognitive Services User",
    "25fbc0a9-bd7c-42a3-aa1a-3b75d497ee68": "Cognitive Services Contributor",
    "4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
    "b86a8fe4-44ce-4948-aee5-eccb2c155cd7": "Key Vault Secrets Officer",
    "00482a5a-887f-4fb3-b363-3b7fe8e74483": "Key Vault Administrator",
    "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
    "43d0d8ad-25c7-4714-9337-8ba259a9fe05": "Monitoring Reader",
    "73c42c96-874c-492b-b04d-ab87d138a893": "Log Analytics Reader",
    "5bd9cd88-fe45-4216-938b-f97437e15450": "DocumentDB Account Contributor",
    "fbdf93bf-df7d-467e-a4d2-9458aa1360c8": "Cosmos DB Account Reader Role",
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
}

PULLERS = frozenset({ACR_PULL, ACR_PUSH, OWNER, CONTRIBUTOR, READER})
PUSHERS = frozenset({ACR_PUSH, OWNER, CONTRIBUTOR})
MODEL_CALLERS = frozenset({OPENAI_USER, OPENAI_CONTRIBUTOR, COGNITIVE_USER})
WRITERS = frozenset({OWNER, CONTRIBUTOR})

ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"


def allowed(
    state: ResourceStore, principal_id: str, action_role_ids: Collection[str], resource_id: str | ResourceId
) -> bool:
    """Say whether a principal has one of these roles at the resource or at a scope above it."""
    target = ResourceId(str(resource_id))
    for assignment in state.of_type(ASSIGNMENTS):
        properties = assignment.properties
        if str(properties.get("principalId", "")).lower() != principal_id.lower():
            continue
        if role_guid(str(properties.get("roleDefinitionId", ""))) not in action_role_ids:
            continue
        scope = assignment.id.scope
        if scope.key == target.key or target.is_below(scope):
            return True
    return False


def role_guid(role_definition_id: str) -> str:
    """Return the GUID at the end of a role definition's id."""
    return role_definition_id.rstrip("/").rsplit("/", 1)[-1].lower()

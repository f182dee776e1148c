"""Go on after an engine that was killed: free its lock, and settle what it had begun."""

from pathlib import Path
from typing import Any

from pulumi.automation import Deployment, Stack

from infra.twin.adapters.translate import Translator
from infra.twin.client import ArmClient, ArmError

_NOT_FOUND = 404
_PENDING = '"pending_operations"'


def interrupted(state: Path, stack: str) -> bool:
    """Say whether an engine left a lock or something pending in the files of its backend.

    Two commands of the engine would tell the same; looking costs nothing, and nearly always nothing is there.
    """
    backend = state / ".pulumi"
    checkpoints = (path.read_text(encoding="utf-8") for path in backend.glob(f"stacks/**/{stack}.json"))
    return any(backend.glob("locks/**/*.json")) or any(_PENDING in text for text in checkpoints)


def recover(stack: Stack, client: ArmClient, translator: Translator) -> list[str]:
    """Settle what an earlier engine left pending; return a sentence for each.

    What was made in the cloud is read into the state, what was deleted there is taken out of it.
    """
    stack.cancel()
    exported = stack.export_stack()
    deployment: dict[str, Any] = dict(exported.deployment or {})
    pending = deployment.get("pending_operations") or []
    if not pending:
        return []
    told = [_settled(operation, deployment, client, translator) for operation in pending]
    deployment["pending_operations"] = []
    stack.import_stack(Deployment(version=exported.version, deployment=deployment))
    return told


def _settled(
    operation: dict[str, Any], deployment: dict[str, Any], client: ArmClient, translator: Translator
) -> str:
    resource, verb = operation["resource"], operation["type"]
    token, name = resource["type"], _name(resource)
    if verb not in {"creating", "deleting"}:
        return f"{name}: {verb} was interrupted; it is done again"
    call = translator.call(token, name, resource.get("inputs") or {})
    answer = _there(client, resource.get("id") or call.id, call.api_version)
    if verb == "deleting":
        if answer is not None:
            return f"{name}: its deletion was interrupted, and it is still there"
        deployment["resources"] = [one for one in deployment["resources"] if not _same(one, resource)]
        return f"{name}: its deletion was interrupted, and it is gone; it is taken out of the state"
    if answer is None:
        return f"{name}: its creation was interrupted before it began; it is created again"
    outputs = translator.outputs(token, answer)
    deployment["resources"].append({**resource, "id": call.id, "outputs": outputs})
    return f"{name}: its creation was interrupted, and it is there; it is taken into the state"


def _there(client: ArmClient, resource_id: str, api_version: str) -> dict[str, Any] | None:
    try:
        return client.get(resource_id, api_version)
    except ArmError as error:
        if error.status != _NOT_FOUND:
            raise
        return None


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Say whether two entries are one: a replaced resource has its successor's name, not its id."""
    return bool(one["urn"] == other["urn"] and one.get("id") == other.get("id"))


def _name(resource: dict[str, Any]) -> str:
    return str(resource["urn"]).rpartition("::")[2]

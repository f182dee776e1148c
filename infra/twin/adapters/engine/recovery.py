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

    A create that reached the cloud is read into the state, one that did not is forgotten.
    """
    stack.cancel()
    exported = stack.export_stack()
    deployment: dict[str, Any] = dict(exported.deployment or {})
    pending = deployment.get("pending_operations") or []
    if not pending:
        return []
    told = []
    for operation in pending:
        resource = operation["resource"]
        if operation["type"] == "creating":
            told.append(_settle(resource, deployment, client, translator))
        else:
            told.append(f"{_name(resource)}: {operation['type']} was interrupted; it is done again")
    deployment["pending_operations"] = []
    stack.import_stack(Deployment(version=exported.version, deployment=deployment))
    return told


def _settle(
    resource: dict[str, Any], deployment: dict[str, Any], client: ArmClient, translator: Translator
) -> str:
    token, name = resource["type"], _name(resource)
    call = translator.call(token, name, resource.get("inputs") or {})
    try:
        answer = client.get(call.id, call.api_version)
    except ArmError as error:
        if error.status != _NOT_FOUND:
            raise
        return f"{name}: its creation was interrupted before it began; it is created again"
    outputs = translator.outputs(token, answer)
    deployment["resources"].append({**resource, "id": call.id, "outputs": outputs})
    return f"{name}: its creation was interrupted, and it is there; it is taken into the state"


def _name(resource: dict[str, Any]) -> str:
    return str(resource["urn"]).rpartition("::")[2]

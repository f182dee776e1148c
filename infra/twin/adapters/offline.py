"""A cloud that makes nothing: it knows what can be known before anything exists."""

from typing import Any

from infra.plan import PlannedResource
from infra.twin.adapters.monitor import InvokeError
from infra.twin.adapters.translate import Translator


class OfflineCloud:
    """Answer with ids, names and the addresses that follow from names; the rest stays unknown."""

    def __init__(self, translator: Translator) -> None:
        self._translator = translator

    def register(self, resource: PlannedResource) -> tuple[str, dict[str, Any]]:
        """Return the id that the resource will have, and the outputs that follow from it."""
        known = _only_known(resource.inputs)
        call = self._translator.call(resource.type, resource.name, _placeholders(resource, known))
        name = call.id.rpartition("/")[2]
        answer = {**call.body, "id": call.id, "name": name}
        outputs = self._translator.outputs(resource.type, answer)
        return call.id, {**outputs, **_addresses(resource.type, name, outputs)}

    def invoke(self, token: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Answer as a cloud in which nothing has been made yet."""
        call = self._translator.reading(token, arguments)
        raise InvokeError(f"ResourceNotFound: {call.id} does not exist yet")


def _placeholders(resource: PlannedResource, known: dict[str, Any]) -> dict[str, Any]:
    """Return the inputs with a stand-in for names that hang on what only the cloud knows."""
    unknown = [key for key, value in resource.inputs.items() if value is None]
    return {**known, **dict.fromkeys(unknown, f"unknown-{resource.name}")}


def _only_known(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _only_known(inner) for key, inner in value.items() if inner is not None}
    return [_only_known(inner) for inner in value] if isinstance(value, list) else value


def _addresses(token: str, name: str, outputs: dict[str, Any]) -> dict[str, Any]:
    match token:
        case "azure-native:cosmosdb:DatabaseAccount":
            return {"documentEndpoint": f"https://{name}.documents.azure.com:443/"}
        case "azure-native:cognitiveservices:Account":
            properties = outputs.get("properties", {})
            domain = properties.get("customSubDomainName", name)
            return {"properties": {**properties, "endpoint": f"https://{domain}.openai.azure.com/"}}
        case "azure-native:keyvault:Vault":
            properties = outputs.get("properties", {})
            return {"properties": {**properties, "vaultUri": f"https://{name}.vault.azure.net/"}}
        case _:
            return {}

"""What a preview can say of a resource before the cloud has answered. Pure."""

from copy import deepcopy
from typing import Any

from pulumi.runtime import rpc

# What only the cloud knows although it stands inside something that the program gives.
_COMPUTED: dict[str, tuple[tuple[str, ...], ...]] = {
    "app:ContainerApp": (("configuration", "ingress", "fqdn"),),
    "app:ManagedEnvironment": (("defaultDomain",),),
    "cognitiveservices:Account": (("properties", "endpoint"),),
    "keyvault:Vault": (("properties", "vaultUri"),),
}


def at_creation(token: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """Return the inputs as outputs; what the cloud adds inside them is unknown."""
    outputs = deepcopy(inputs)
    for *path, last in _COMPUTED.get(token.removeprefix("azure-native:"), ()):
        inner: Any = outputs
        for step in path:
            inner = inner.get(step) if isinstance(inner, dict) else None
        if isinstance(inner, dict):
            inner.setdefault(last, rpc.UNKNOWN)
    return outputs


def at_change(outputs: Any, inputs: Any) -> Any:
    """Return the present outputs with the new inputs in their place."""
    if isinstance(outputs, dict) and isinstance(inputs, dict):
        changed = {key: at_change(outputs.get(key), value) for key, value in inputs.items()}
        return {**outputs, **changed}
    if isinstance(outputs, list) and isinstance(inputs, list) and len(outputs) == len(inputs):
        return [at_change(before, now) for before, now in zip(outputs, inputs, strict=True)]
    return inputs

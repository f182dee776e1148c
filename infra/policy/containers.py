"""What a container must declare and may not hold: probes, its image's name, no secret."""

import json
import re
from collections.abc import Iterator
from typing import Any

from infra.plan import PlannedResource
from infra.policy.limits import Limits
from infra.policy.values import APP, JOB, at, containers, entries, variables

PROBES = ("Startup", "Liveness", "Readiness")
BY_CONTENT = re.compile(r"(@sha256:[0-9a-f]{64}|:src-[0-9a-f]{24})$")
SECRET_NAME = re.compile(
    r"(^|_)(API_?KEY|KEY|SECRET|PASSWORD|PASSWD|PWD|TOKEN|CREDENTIALS?|CONNECTION_STRING|SAS)$", re.IGNORECASE
)
SECRET_VALUE = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\b(AccountKey|SharedAccessKey|Password)=[^;\s]{4,}"
    r"|\b[a-z][a-z0-9+.-]*://[^/\s:@]+:[^/\s@]+@"
    r"|[?&]sig=[A-Za-z0-9%+/=]{20,}"
    r"|\b(sk-[A-Za-z0-9_-]{20,}|gh[pousr]_[A-Za-z0-9]{30,}|AIza[A-Za-z0-9_-]{30,})"
    r"|\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\."
)
# Named like a secret and none: with local authentication off it only says where telemetry goes.
NO_SECRETS = frozenset({"APPLICATIONINSIGHTS_CONNECTION_STRING"})
PRIVATE_JWK = frozenset({"d", "k", "p", "q", "dp", "dq", "qi"})
VAULT_SECRET = "azure-native:keyvault:Secret"  # noqa: S105 - a resource type


def probes(resource: PlannedResource, _: Limits) -> Iterator[str]:
    """Find a container of an app that lacks one of the three probes."""
    if resource.type == APP:
        for container in entries(resource.inputs, "template.containers"):
            declared = [probe.get("type") for probe in entries(container, "probes")]
            missing = [kind for kind in PROBES if kind not in declared]
            if missing:
                yield f"container {container.get('name')} has no {' and no '.join(missing)} probe"


def same_probe(resource: PlannedResource, _: Limits) -> Iterator[str]:
    """Find a liveness probe that asks what readiness asks."""
    if resource.type == APP:
        for container in entries(resource.inputs, "template.containers"):
            asked = {
                str(probe.get("type")): at(probe, "httpGet.path") for probe in entries(container, "probes")
            }
            path = asked.get("Liveness")
            if path is not None and path == asked.get("Readiness"):
                yield f"container {container.get('name')} asks {path} for liveness and for readiness"


def image_by_content(resource: PlannedResource, _: Limits) -> Iterator[str]:
    """Find an image whose name may mean another image tomorrow; one that is unknown is not judged."""
    if resource.type in {APP, JOB}:
        for container in containers(resource):
            image = container.get("image")
            if isinstance(image, str) and not BY_CONTENT.search(image):
                yield f"container {container.get('name')} runs {image!r}, a name that can move"


def clear_secrets(resource: PlannedResource, _: Limits) -> Iterator[str]:
    """Find a secret whose value stands in the program."""
    if resource.type in {APP, JOB}:
        for secret in entries(resource.inputs, "configuration.secrets"):
            if "value" in secret or "keyVaultUrl" not in secret:
                yield f"secret {secret.get('name')!r} has a value of its own and no keyVaultUrl"
    properties = at(resource.inputs, "properties")
    if resource.type == VAULT_SECRET and isinstance(properties, dict) and "value" in properties:
        yield "properties.value puts the secret into the program and into the stack's state"


def secret_variables(resource: PlannedResource, _: Limits) -> Iterator[str]:
    """Find a variable that holds a secret instead of naming one; never quotes the value."""
    if resource.type in {APP, JOB}:
        for name, entry in variables(resource):
            if "secretRef" in entry or name in NO_SECRETS or entry.get("value", "") == "":
                continue
            if SECRET_NAME.search(name):
                yield f"variable {name} is named like a secret and has a value in clear"
            elif _holds_secret(entry.get("value")):
                yield f"the value of variable {name} looks like a secret"


def _holds_secret(value: Any) -> bool:
    return isinstance(value, str) and bool(SECRET_VALUE.search(value) or _private_keys(value))


def _private_keys(text: str) -> bool:
    """Say whether a JWK set holds more than public halves."""
    if '"kty"' not in text:
        return False
    try:
        body = json.loads(text)
    except ValueError:
        return False
    keys = body.get("keys", [body]) if isinstance(body, dict) else []
    return any(isinstance(key, dict) and PRIVATE_JWK & set(key) for key in keys)

"""The variables a replica starts with: the container's own, Azure's, and the twin's translations."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from infra.twin.platform import IdentityGrant, Platform
from infra.twin.runtime.spec import ConfigurationSpec, ContainerSpec, TemplateSpec

CONTAINER_HOST = "host.docker.internal"
NO_DATABASE = "database: not rehearsed"
NO_SCALE_OUT = "scale-out: one replica only, since without a database each would keep its state to itself"
_LOGIN = "https://login.microsoftonline.com"
_ISSUER = "AUTH_ISSUER"


@dataclass(frozen=True, kw_only=True)
class ReplicaName:
    """Name a replica as Container Apps does."""

    app: str
    revision: str
    replica: str

    def environment(self) -> dict[str, str]:
        """Return the variables that say it."""
        return {
            "CONTAINER_APP_NAME": self.app,
            "CONTAINER_APP_REVISION": self.revision,
            "CONTAINER_APP_REPLICA_NAME": self.replica,
            "CONTAINER_APP_ENV_DNS_SUFFIX": "localhost",
        }


def replica_environment(
    container: ContainerSpec,
    configuration: ConfigurationSpec,
    platform: Platform,
    name: ReplicaName,
    grant: IdentityGrant | None,
) -> dict[str, str]:
    """Return the whole environment of one container of a replica."""
    secrets = {key: configuration.secrets.get(secret, "") for key, secret in container.secret_env}
    values = {**dict(container.env), **secrets, **name.environment()}
    if grant is not None:
        values.update(grant.environment())
    values.update(overrides(values, platform))
    # An issuer is compared with what tokens say and never fetched: it stays as Azure writes it.
    return {key: value if key == _ISSUER else translate(value, platform) for key, value in values.items()}


def overrides(values: Mapping[str, str], platform: Platform) -> dict[str, str]:
    """Return what the twin sets because it does not rehearse what the variable replaces."""
    memory = {"USE_MEMORY_CHECKPOINTER": "true"} if values.get("COSMOS_ENDPOINT") else {}
    return {**memory, **platform.overrides}


def alone_with_its_memory(template: TemplateSpec, platform: Platform) -> TemplateSpec:
    """Return the template with one replica at most where each would keep its state to itself."""
    if overrides(dict(template.main.env), platform).get("USE_MEMORY_CHECKPOINTER") != "true":
        return template
    scale = template.scale
    return replace(template, scale=replace(scale, minimum=min(scale.minimum, 1), maximum=1))


def translate(value: str, platform: Platform) -> str:
    """Return a value with Azure's login replaced, and the twin's endpoints as a container sees them."""
    value = value.replace(_LOGIN, platform.authority.rstrip("/"))
    if platform.mode == "docker":
        for endpoint in platform.endpoints:
            inside = endpoint.replace("//localhost", f"//{CONTAINER_HOST}").replace(
                "//127.0.0.1", f"//{CONTAINER_HOST}"
            )
            value = re.sub(re.escape(endpoint.rstrip("/")) + r"(?!\d)", inside.rstrip("/"), value)
    return value

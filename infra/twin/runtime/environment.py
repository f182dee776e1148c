"""The variables a replica starts with: the container's own, Azure's, and the twin's translations."""

import re
from dataclasses import dataclass

from infra.twin.platform import IdentityGrant, Platform
from infra.twin.runtime.spec import ConfigurationSpec, ContainerSpec
from infra.twin.runtime.trust import trusting

CONTAINER_HOST = "host.docker.internal"
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
    values.update(trusting(platform) | platform.overrides)
    # An issuer is compared with what tokens say and never fetched: it stays as Azure writes it.
    return {key: value if key == _ISSUER else translate(value, platform) for key, value in values.items()}


def translate(value: str, platform: Platform) -> str:
    """Return a value with Azure's login replaced, and the twin's endpoints as a container sees them."""
    value = value.replace(_LOGIN, platform.authority.rstrip("/"))
    if platform.mode == "docker":
        for endpoint in (*platform.endpoints, *platform.databases()):
            inside = endpoint.replace("//localhost", f"//{CONTAINER_HOST}").replace(
                "//127.0.0.1", f"//{CONTAINER_HOST}"
            )
            value = re.sub(re.escape(endpoint.rstrip("/")) + r"(?!\d)", inside.rstrip("/"), value)
    return value

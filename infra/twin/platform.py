"""What the twin offers to the part of it that runs container apps, and what it asks back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from infra.findings.model import Finding
from infra.twin.arm.behaviour import Behaviour, ResourceStore

Mode = Literal["process", "docker"]


@dataclass(frozen=True, kw_only=True)
class IdentityGrant:
    """Hold the two variables through which a replica asks for tokens of its identities."""

    endpoint: str
    header: str

    def environment(self) -> dict[str, str]:
        """Return the variables as Container Apps sets them."""
        return {"IDENTITY_ENDPOINT": self.endpoint, "IDENTITY_HEADER": self.header}


class Identities(Protocol):
    """Give replicas a way to tokens."""

    def grant(self, identity_ids: Sequence[str]) -> IdentityGrant:
        """Return the endpoint and a new header for these user-assigned identities.

        The endpoint says `localhost`; a container needs it translated (Platform.endpoints).
        """
        ...

    def revoke(self, header: str) -> None:
        """Forget a header; tokens already issued stay valid until they expire."""
        ...


@dataclass(frozen=True, kw_only=True)
class PulledImage:
    """Hold the evidence of an authorised pull; `digest` is None where no registry is rehearsed."""

    reference: str
    repository: str
    digest: str | None
    identity: str | None
    login: tuple[str, str] | None
    """User and password of this pull, for the local engine to fetch what was authorised."""


class Puller(Protocol):
    """Pull images as a container app does: with the token of one of its identities."""

    async def pull(self, image_ref: str, identity_resource_id: str | None) -> PulledImage:
        """Do the token exchange for the identity and read the manifest.

        Raises ArmProblem: ST005 when the identity lacks AcrPull at the registry or above, ST024 when
        the registry or the image does not exist. Without an identity the pull is anonymous.
        """
        ...


@dataclass(kw_only=True)
class Platform:
    """Carry everything that running a container app needs from the rest of the twin."""

    mode: Mode
    stack: str
    state: Path
    app_command: tuple[str, ...]
    app_cwd: Path
    ingress_port: int
    identities: Identities
    registry: Puller
    report: Callable[[Finding], None]
    endpoints: tuple[str, ...]
    """The twin's own data-plane base URLs, `http://localhost:P`: to translate for containers."""
    authority: str
    """What replaces `https://login.microsoftonline.com` in values handed to a replica."""
    gateway: str | None
    """The address of the Docker bridge on the host; None in process mode."""
    overrides: dict[str, str]
    """Variables that the twin sets on every replica because it does not rehearse what they replace."""
    authority_file: Path | None = None
    """The certificate (PEM) of the authority behind the twin's TLS endpoints, for replicas to trust."""
    databases: Callable[[], tuple[str, ...]] = tuple
    """The database endpoints that exist now, `https://localhost:P`: to translate for containers."""


class AppRuntime(Behaviour, Protocol):
    """Run container apps: the behaviour of `Microsoft.App/containerApps` with a life of its own."""

    async def open(self, state: ResourceStore) -> None:
        """Bind the ingress and start again the apps that the state holds."""
        ...

    async def close(self) -> None:
        """Stop every replica and the ingress; return when nothing is left."""
        ...

    def apps(self) -> list[dict[str, Any]]:
        """Return `{name, url, revisions: [{name, active, weight, replicas, health, reason}]}` each."""
        ...

    def logs(self, app: str | None, tail: int) -> list[str]:
        """Return the last lines of one app's console, or of all apps'; KeyError for an unknown name."""
        ...

    def not_shown(self) -> list[str]:
        """Return, as sentences, what this way of running apps cannot show."""
        ...

"""What the twin offers to the part of it that runs container apps, and what it asks back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol
from urllib.parse import urlsplit

from infra.findings.model import Finding
from infra.twin.arm.behaviour import ArmRequest, Behaviour, Resource, ResourceStore
from infra.twin.arm.ids import ResourceId
from infra.twin.runtime.door import Door, ajar

if TYPE_CHECKING:
    from infra.twin.runtime.app import ContainerApp

Mode = Literal["process", "docker"]
_UNVERSIONED_PARTS = 2


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


@dataclass(frozen=True, kw_only=True)
class SecretReference:
    """Name a secret of an app by where its value lies and which identity reads it."""

    name: str
    url: str
    identity: str

    @property
    def versioned(self) -> bool:
        """Say whether it names one version, which never changes."""
        return len([part for part in urlsplit(self.url).path.split("/") if part]) > _UNVERSIONED_PARTS


@dataclass(frozen=True, kw_only=True)
class SecretValue:
    """Hold a secret's value, kept out of every text, and the version it is."""

    value: str = field(repr=False)
    version: str


class SecretSource(Protocol):
    """Read the secrets that apps refer to."""

    def knows(self, reference: SecretReference) -> bool:
        """Say whether the twin can resolve a reference."""
        ...

    async def read(self, app: str, reference: SecretReference) -> SecretValue:
        """Return the value that the reference's identity may read; raise ArmProblem when it may not."""
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
    """The twin's own data-plane base URLs, `http(s)://localhost:P`: to translate for containers."""
    authority: str
    """What replaces `https://login.microsoftonline.com` in values handed to a replica."""
    gateway: str | None
    """The address of the Docker bridge on the host; None in process mode."""
    overrides: dict[str, str]
    """Variables that the twin sets on every replica because it does not rehearse what they replace."""
    authority_file: Path | None = None
    """The certificate (PEM) of the authority behind the twin's TLS endpoints, for replicas to trust."""
    control: str = ""
    """The base URL of ARM over HTTPS, `https://localhost:P`: for addresses that clients follow."""
    databases: Callable[[], tuple[str, ...]] = tuple
    """The database endpoints that exist now, `https://localhost:P`: to translate for containers."""
    door: Callable[[str], Door] = lambda _: ajar
    """What stands in front of an app with this resource id: its sign-in, where it has one."""
    secrets: SecretSource | None = None
    """Where values of secrets by reference come from; None where no vault is rehearsed."""


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

    def running(self, app: str) -> "ContainerApp | None":
        """Return an app that runs, by its name without regard to case, or None."""
        ...

    def front_door_address(self, endpoint: ResourceId) -> str:
        """Return the host of a Front Door's endpoint."""
        ...

    async def lead(self, route: Resource, state: ResourceStore) -> None:
        """Open the way of a Front Door's route."""
        ...

    async def leave(self, route: Resource) -> None:
        """Close the way of a Front Door's route."""
        ...

    def check_job(self, request: ArmRequest) -> None:
        """Raise ArmProblem when a job's containers, secrets or identities are refused."""
        ...

    def start_job(self, job: Resource) -> dict[str, Any]:
        """Begin one execution of a job; return it as ARM shows it."""
        ...

    def job_executions(self, job: Resource) -> Sequence[dict[str, Any]]:
        """Return the executions of a job, the latest first."""
        ...

    def forget_job(self, job: Resource) -> None:
        """Forget a job's executions."""
        ...

    def not_shown(self) -> list[str]:
        """Return, as sentences, what this way of running apps cannot show."""
        ...

"""What the bootstrap is told. Imports no Pulumi."""

from typing import Annotated

from pydantic import AfterValidator, Field

from infra.bootstrap.subjects import prefix_of, repository
from infra.options.base import AzureLocation, Guid, Strict

NAMESPACE = "bootstrap"


class BootstrapConfig(Strict):
    """Hold the keys under `bootstrap:`."""

    repository: Annotated[str, AfterValidator(repository)]
    location: AzureLocation = "eastus"
    environments: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$")], ...],
        Field(min_length=1, max_length=18),
    ] = ("dev", "staging", "prod")
    subject_prefix: Annotated[str, Field(pattern=r"^repo(sitory)?[A-Za-z_]*:\S+$")] | None = None
    operator: Guid | None = None
    """The object id of a person who works with the state, too."""

    @property
    def prefix(self) -> str:
        """Return what the subjects of the repository's tokens begin with."""
        return self.subject_prefix or prefix_of(self.repository)

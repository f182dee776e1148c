"""The database's containers as plain data: the one place that says how they are laid out."""

from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field

from infra.project import Project


class _Fact(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Indexing(_Fact):
    """Say which paths are indexed."""

    include: tuple[str, ...]
    exclude: tuple[str, ...]


class ContainerFacts(_Fact):
    """Describe one container."""

    name: str
    partitionKey: Annotated[str, Field(pattern=r"^/\w+$")]  # noqa: N815 - as the file and Azure spell it
    ttl: int
    indexing: Indexing


class DatabaseFacts(_Fact):
    """Describe the database and its containers."""

    database: str
    containers: tuple[ContainerFacts, ...]


def database_facts(project: Project) -> DatabaseFacts:
    """Return what the project's data file says about the database."""
    path = project.program / "data" / "cosmos.yaml"
    return DatabaseFacts.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))

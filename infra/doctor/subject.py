"""What is examined: one stack of one project on this machine, as plain values."""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from infra import naming
from infra.config import StackConfig, load_stack
from infra.doctor.workflows import Wanted, wanted_subjects
from infra.naming import Names
from infra.project import Project

WORKFLOWS = (".github", "workflows")


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Hold what the checks may know; `types` and `subscription` are None until they are known."""

    stack: str
    project: str
    config: StackConfig
    described: Mapping[str, Any] = field(default_factory=dict)
    """Pulumi.yaml."""
    secrets_provider: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    python: tuple[int, int, int] = (0, 0, 0)
    wanted: tuple[Wanted, ...] = ()
    repository: str | None = None
    """OWNER/NAME on GitHub."""
    types: tuple[str, ...] | None = None
    """Azure types that the stack's program makes, such as Microsoft.App/containerApps."""
    types_trouble: str = ""
    subscription: str | None = None

    @property
    def group(self) -> str:
        """Return the name of the stack's resource group."""
        return Names(project=self.project, stack=self.stack).of("group")

    @property
    def backend(self) -> str | None:
        """Return where Pulumi keeps its state when the project or the environment says so."""
        stated = (self.described.get("backend") or {}).get("url")
        return self.environment.get("PULUMI_BACKEND_URL") or stated

    def named(self, kind: str) -> str:
        """Return the world-wide name of one kind of resource; needs the subscription."""
        group = f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"
        token = naming.token(group, self.config.name_suffix)
        return Names(project=self.project, stack=self.stack, token=token).of(kind)

    def signed_in(self, subscription: str) -> "Subject":
        """Return the same with the subscription that `az` is signed in to."""
        return replace(self, subscription=subscription)


def subject_of(
    project: Project, stack: str, environment: Mapping[str, str], repository: str | None = None
) -> Subject:
    """Return what is to be examined; raise StackFileError where the stack's file is not valid."""
    config = load_stack(project, stack)
    described = yaml.safe_load((project.program / "Pulumi.yaml").read_text(encoding="utf-8"))
    file = yaml.safe_load(project.stack_file(stack).read_text(encoding="utf-8"))
    folder = project.root.joinpath(*WORKFLOWS)
    return Subject(
        stack=stack,
        project=str(described["name"]),
        config=config,
        described=described,
        secrets_provider=file.get("secretsprovider"),
        environment=environment,
        python=sys.version_info[:3],
        wanted=wanted_subjects(
            {path.name: path.read_text("utf-8") for path in sorted(folder.glob("*.y*ml"))}
        ),
        repository=repository,
    )


def repository_of(remote: str) -> str | None:
    """Return OWNER/NAME of a GitHub remote's address, or None."""
    found = re.search(r"github\.com[:/]([\w.-]+/[\w.-]+?)(?:\.git)?/?\s*$", remote)
    return found.group(1) if found else None

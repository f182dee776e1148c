"""Where everything of a project lies: every path comes from this one object."""

from dataclasses import dataclass
from pathlib import Path


class ProjectNotFoundError(Exception):
    """Say that no folder from here upwards is a Sea Trial project."""

    def __init__(self, start: Path) -> None:
        super().__init__(
            f"no Sea Trial project at {start} or above it: a project has infra/Pulumi.yaml and stacks/; "
            "change to its folder or name it with --project",
        )


@dataclass(frozen=True)
class Project:
    """Name the places of one project by its root folder."""

    root: Path

    @classmethod
    def find(cls, start: Path) -> "Project":
        """Return the project that holds `start`; raise ProjectNotFoundError when there is none."""
        resolved = start.resolve()
        for folder in (resolved, *resolved.parents):
            if (folder / "infra" / "Pulumi.yaml").is_file() and (folder / "stacks").is_dir():
                return cls(folder)
        raise ProjectNotFoundError(resolved)

    @property
    def program(self) -> Path:
        """Return the folder of the Pulumi program."""
        return self.root / "infra"

    @property
    def stacks(self) -> Path:
        """Return the folder of the stack files."""
        return self.root / "stacks"

    @property
    def goals(self) -> Path:
        """Return the folder of the bundled goals."""
        return self.root / "app" / "goals"

    @property
    def dockerfile(self) -> Path:
        """Return the Dockerfile; its build context is the root."""
        return self.root / "app" / "Dockerfile"

    def stack_file(self, stack: str) -> Path:
        """Return the file that configures one stack."""
        return self.stacks / f"Pulumi.{stack}.yaml"

    def stack_names(self) -> list[str]:
        """Return the stacks that have a file, sorted."""
        return sorted(path.name.split(".")[1] for path in self.stacks.glob("Pulumi.*.yaml"))

    @property
    def scratch(self) -> Path:
        """Return the folder for everything that is made here and never committed."""
        return self.root / ".seatrial"

    def state(self, stack: str) -> Path:
        """Return the folder where the twin of one stack keeps its state."""
        return self.scratch / "stacks" / stack

    @property
    def keys(self) -> Path:
        """Return the folder of the developer's own signing key."""
        return self.scratch / "keys"

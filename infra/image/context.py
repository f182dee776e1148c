"""What an image is made of, and the hash that names it."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.project import Project

DEFAULT_BASE = "python:3.13-slim-bookworm"
SOURCES = ("pyproject.toml", "uv.lock", "app", "frmk")


def base_image(environ: Mapping[str, str] = os.environ) -> str:
    """Return the image to start from: `BASE_IMAGE`, or the project's default."""
    return environ.get("BASE_IMAGE") or DEFAULT_BASE


@dataclass(frozen=True, kw_only=True)
class BuildContext:
    """Name everything that decides an image: the files, what it starts from and what it runs on."""

    root: Path
    dockerfile: Path
    base: str
    platform: str

    @classmethod
    def of(cls, project: Project, platform: str, environ: Mapping[str, str] = os.environ) -> "BuildContext":
        """Return the context of a project in this environment."""
        base = base_image(environ)
        return cls(root=project.root, dockerfile=project.dockerfile, base=base, platform=platform)

    def files(self) -> Iterator[Path]:
        """Yield the files that the image is built from, in a stable order."""
        yield self.dockerfile
        for name in SOURCES:
            top = self.root / name
            found = sorted(top.rglob("*")) if top.is_dir() else [top]
            yield from (path for path in found if path.is_file() and self._counts(path))

    def _counts(self, path: Path) -> bool:
        generated = "__pycache__" in path.parts or path.suffix == ".pyc"
        return not generated and path != self.dockerfile and path.suffix != ".dockerignore"

    def digest(self) -> str:
        """Return 64 hex digits that change when, and only when, the image would.

        Names, contents and executable bits count; times, owners and the folder's place do not.
        """
        total = hashlib.sha256(f"{self.base}\n{self.platform}\n".encode())
        for path in self.files():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            runs = "x" if os.access(path, os.X_OK) and path.stat().st_mode & 0o100 else "-"
            total.update(f"{path.relative_to(self.root).as_posix()} {runs} {content}\n".encode())
        return total.hexdigest()


def context_hash(project: Project, platform: str = "linux/amd64") -> str:
    """Return the hash that names the project's image for a platform."""
    return BuildContext.of(project, platform).digest()


def tag(digest: str) -> str:
    """Return the registry tag of a context hash: short enough to read, long enough to be unique."""
    return f"src-{digest[:24]}"


def predicted(place: str, content: str) -> str:
    """Return the reference that a context hash will have at a place, `login_server/repository`."""
    return f"{place}:{tag(content)}"

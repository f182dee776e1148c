"""Prompts in a folder of Markdown files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from frmk.errors import GoalError
from frmk.prompts.prompt import Prompt, parse_prompt

MAX_BYTES = 32_768


class PromptRepository(Protocol):
    """Keep prompts by name and version."""

    def load(self, name: str, version: str | None = None) -> Prompt:
        """Return a prompt; without a version the present one."""
        ...

    def versions(self, name: str) -> list[str]:
        """Name the earlier versions that are kept, oldest first."""
        ...


class FilePrompts:
    """Read `name.md` as the present version and `name.v1.md`, `name.v2.md` … as earlier ones."""

    def __init__(self, folder: Path, configuration: Mapping[str, Any]) -> None:
        self._folder = folder
        self._configuration = configuration

    def load(self, name: str, version: str | None = None) -> Prompt:
        """Return a prompt whose places the goal's configuration can all fill."""
        path = self._path(name, version)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise GoalError(f"prompt {name!r}: {path} cannot be read: {error.strerror}.") from None
        if len(data) > MAX_BYTES:
            raise GoalError(f"prompt {name!r}: {len(data)} bytes, allowed are {MAX_BYTES}.")
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            raise GoalError(f"prompt {name!r}: byte {error.start} is not UTF-8.") from None
        return parse_prompt(str(path), text, self._configuration)

    def versions(self, name: str) -> list[str]:
        """Name the earlier versions that are kept, oldest first."""
        stem, suffix = Path(name).stem, Path(name).suffix
        found = [path.stem.removeprefix(f"{stem}.") for path in self._folder.glob(f"{stem}.v*{suffix}")]
        return sorted(found, key=lambda version: int(version[1:]) if version[1:].isdigit() else 0)

    def _path(self, name: str, version: str | None) -> Path:
        if version is None:
            return self._folder / name
        if version not in self.versions(name):
            kept = ", ".join(self.versions(name)) or "none"
            raise GoalError(f"prompt {name!r} has no version {version!r}. Kept: {kept}.")
        return self._folder / f"{Path(name).stem}.{version}{Path(name).suffix}"

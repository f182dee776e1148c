"""One vault's secrets on disk: a file for its owner alone (mode 0600), replaced whole."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from infra.twin.arm.store import CorruptedStateError, write_atomically


class _Stored(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Version(_Stored):
    """Hold one value of a secret; times are seconds since the epoch."""

    id: str
    value: str = Field(repr=False)
    created: int
    updated: int
    content_type: str | None = None
    tags: dict[str, str] | None = None
    enabled: bool = True
    not_before: int | None = None
    expires: int | None = None


class Secret(_Stored):
    """Hold a secret's values, the oldest first; a deleted one can be recovered."""

    name: str
    versions: list[Version]
    deleted: int | None = None

    @property
    def current(self) -> Version:
        """Return the value set last."""
        return self.versions[-1]

    def version(self, version: str) -> Version | None:
        """Return one value by its version, the current one for an empty version."""
        if not version:
            return self.current
        return next((one for one in self.versions if one.id == version.lower()), None)


class _File(_Stored):
    format: Literal[1] = 1
    secrets: dict[str, Secret] = {}


class SecretStore:
    """Read and write one vault's file; names compare without regard to case."""

    def __init__(self, path: Path, content: _File) -> None:
        self._path = path
        self._content = content

    @classmethod
    def open(cls, path: Path) -> "SecretStore":
        """Return the store of a file, empty when there is none; raise CorruptedStateError."""
        if not path.exists():
            return cls(path, _File())
        try:
            return cls(path, _File.model_validate_json(path.read_bytes()))
        except ValidationError as error:
            # Pydantic's own words quote what they refuse: values must not get into a log.
            raise CorruptedStateError(
                f"{path} cannot be read as a vault ({error.error_count()} faults); move it away and start "
                "again, or restore it"
            ) from None

    def find(self, name: str) -> Secret | None:
        """Return a secret that is not deleted."""
        found = self._content.secrets.get(name.lower())
        return found if found is not None and found.deleted is None else None

    def find_deleted(self, name: str) -> Secret | None:
        """Return a secret that is deleted and can be recovered."""
        found = self._content.secrets.get(name.lower())
        return found if found is not None and found.deleted is not None else None

    def secrets(self, *, deleted: bool = False) -> Iterator[Secret]:
        """Yield the secrets, or the deleted ones, by name."""
        for _, secret in sorted(self._content.secrets.items()):
            if (secret.deleted is not None) is deleted:
                yield secret

    def put(self, secret: Secret) -> None:
        """Write a secret down, whole or not at all."""
        self._save({**self._content.secrets, secret.name.lower(): secret})

    def remove(self, name: str) -> None:
        """Forget a secret with all its values."""
        self._save({key: one for key, one in self._content.secrets.items() if key != name.lower()})

    def _save(self, secrets: dict[str, Secret]) -> None:
        content = _File(secrets=secrets)
        write_atomically(self._path, content.model_dump_json())
        self._content = content

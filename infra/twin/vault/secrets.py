"""What is done with a vault's secrets, and how each is shown. Speaks no HTTP."""

import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from infra.twin.vault.problems import bad_parameter, disabled, name_held, not_purged, secret_not_found
from infra.twin.vault.store import Secret, SecretStore, Version

MOST_BYTES = 25_600
RECOVERABLE_DAYS = 90
_NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")
_LEVEL = "Recoverable"
_DAY = 86_400

Body = TypeVar("Body", bound=BaseModel)


class _Attributes(BaseModel):
    model_config = ConfigDict(extra="ignore")

    enabled: bool | None = None
    nbf: int | None = None
    exp: int | None = None


class _Change(BaseModel):
    model_config = ConfigDict(extra="ignore")

    content_type: str | None = Field(default=None, alias="contentType")
    tags: dict[str, str] | None = None
    attributes: _Attributes = _Attributes()


class _Given(_Change):
    value: str = Field(repr=False)


@dataclass(kw_only=True)
class Secrets:
    """Work on one vault's secrets; `base` is its address without the slash at the end."""

    store: SecretStore
    base: Callable[[], str]
    purge_protected: Callable[[], bool] = lambda: True
    clock: Callable[[], float] = time.time

    def set(self, name: str, body: bytes) -> dict[str, Any]:
        """Add a value, and return it as the service does."""
        if not _NAME.fullmatch(name):
            raise bad_parameter(
                f"The request URI contains an invalid name: {name[:130]}. A name has 1 to 127 letters, "
                "digits and hyphens."
            )
        given = _read(_Given, body)
        if len(given.value.encode()) > MOST_BYTES:
            raise bad_parameter(f"The secret value's size exceeds the limit of {MOST_BYTES} bytes.")
        if self.store.find_deleted(name):
            raise name_held(name)
        made = _changed(self._version(given.value), given)
        before = self.store.find(name)
        secret = Secret(name=name, versions=[*(before.versions if before else []), made])
        self.store.put(secret)
        return self._shown(secret, made, value=True)

    def get(self, name: str, version: str) -> dict[str, Any]:
        """Return a value."""
        secret, found = self._found(name, version)
        if not found.enabled:
            raise disabled()
        return self._shown(secret, found, value=True)

    def update(self, name: str, version: str, body: bytes) -> dict[str, Any]:
        """Change what stands beside a value."""
        secret, found = self._found(name, version)
        made = _changed(found, _read(_Change, body)).model_copy(update={"updated": self._now()})
        versions = [made if one.id == made.id else one for one in secret.versions]
        self.store.put(secret.model_copy(update={"versions": versions}))
        return self._shown(secret, made)

    def list(self) -> dict[str, Any]:
        """Return every secret without its value."""
        found = [self._shown(one, one.current, versioned=False) for one in self.store.secrets()]
        return {"value": found, "nextLink": None}

    def versions(self, name: str) -> dict[str, Any]:
        """Return every version of a secret without its value, none of an unknown one."""
        secret = self.store.find(name)
        found = [self._shown(secret, one) for one in secret.versions] if secret else []
        return {"value": found, "nextLink": None}

    def delete(self, name: str) -> dict[str, Any]:
        """Delete a secret so that it can be recovered."""
        secret, _ = self._found(name, "")
        gone = secret.model_copy(update={"deleted": self._now()})
        self.store.put(gone)
        return self._shown_deleted(gone)

    def list_deleted(self) -> dict[str, Any]:
        """Return every deleted secret."""
        found = [self._shown_deleted(one) for one in self.store.secrets(deleted=True)]
        return {"value": found, "nextLink": None}

    def get_deleted(self, name: str) -> dict[str, Any]:
        """Return a deleted secret without its value."""
        return self._shown_deleted(self._deleted(name))

    def recover(self, name: str) -> dict[str, Any]:
        """Take a deletion back."""
        back = self._deleted(name).model_copy(update={"deleted": None})
        self.store.put(back)
        return self._shown(back, back.current)

    def purge(self, name: str) -> None:
        """Destroy a deleted secret, where the vault lets one."""
        self._deleted(name)
        if self.purge_protected():
            raise not_purged()
        self.store.remove(name)

    def _now(self) -> int:
        return int(self.clock())

    def _version(self, value: str) -> Version:
        now = self._now()
        return Version(id=uuid.uuid4().hex, value=value, created=now, updated=now)

    def _found(self, name: str, version: str) -> tuple[Secret, Version]:
        secret = self.store.find(name)
        found = secret.version(version) if secret else None
        if secret is None or found is None:
            raise secret_not_found(f"{name}/{version}" if version else name)
        return secret, found

    def _deleted(self, name: str) -> Secret:
        secret = self.store.find_deleted(name)
        if secret is None:
            raise secret_not_found(name, deleted=True)
        return secret

    def _shown(
        self, secret: Secret, version: Version, *, value: bool = False, versioned: bool = True
    ) -> dict[str, Any]:
        path = f"{self.base()}/secrets/{secret.name}"
        shown: dict[str, Any] = {"value": version.value} if value else {}
        shown |= {"id": f"{path}/{version.id}" if versioned else path, "attributes": _attributes(version)}
        more = {"contentType": version.content_type, "tags": version.tags}
        return shown | {key: item for key, item in more.items() if item is not None}

    def _shown_deleted(self, secret: Secret) -> dict[str, Any]:
        at = secret.deleted or 0
        return {
            **self._shown(secret, secret.current),
            "recoveryId": f"{self.base()}/deletedsecrets/{secret.name}",
            "deletedDate": at,
            "scheduledPurgeDate": at + RECOVERABLE_DAYS * _DAY,
        }


def _changed(version: Version, change: _Change) -> Version:
    attributes = change.attributes
    given = {
        "content_type": change.content_type,
        "tags": change.tags,
        "enabled": attributes.enabled,
        "not_before": attributes.nbf,
        "expires": attributes.exp,
    }
    return version.model_copy(update={key: value for key, value in given.items() if value is not None})


def _attributes(version: Version) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "enabled": version.enabled,
        "created": version.created,
        "updated": version.updated,
        "recoveryLevel": _LEVEL,
        "recoverableDays": RECOVERABLE_DAYS,
    }
    more = {"nbf": version.not_before, "exp": version.expires}
    return shown | {key: item for key, item in more.items() if item is not None}


def _read(kind: type[Body], body: bytes) -> Body:
    try:
        return kind.model_validate_json(body or b"{}")
    except ValidationError as error:
        places = ", ".join(".".join(map(str, one["loc"])) or "body" for one in error.errors())
        # The fault is named by its place alone: pydantic's own words would quote the value.
        raise bad_parameter(f"The request body is not valid at: {places}.") from None

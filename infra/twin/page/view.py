"""The page's document: every section from the twin's parts, and what has changed since a reader looked."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.twin.arm.behaviour import Resource
from infra.twin.arm.store import DiskStore
from infra.twin.config import TwinConfig
from infra.twin.database.accounts import Databases
from infra.twin.identity.endpoint import IdentityEndpoint
from infra.twin.identity.roles import ASSIGNMENTS
from infra.twin.journal import Journal
from infra.twin.models.backend import ModelBackend
from infra.twin.monitor.telemetry import Telemetry
from infra.twin.page import apps, logs, resources, roles, watching
from infra.twin.page.confidential import Mask, secrets_in
from infra.twin.page.database import Censuses, account_rows
from infra.twin.page.model import FindingRow, Head, Price, Shown, clipped, first
from infra.twin.page.traces import LatestTraces
from infra.twin.platform import AppRuntime
from infra.twin.runtime.record import RevisionRecord
from infra.twin.vault.vaults import VAULTS, Vaults

APPS = "Microsoft.App/containerApps"
MOST_FINDINGS = 100


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Hold the parts of the twin that the page reads, and what must not be seen of them."""

    config: TwinConfig
    since: str
    store: DiskStore
    journal: Journal
    model: ModelBackend
    runtime: AppRuntime
    databases: Databases
    vaults: Vaults
    identities: IdentityEndpoint
    telemetry: Telemetry
    not_shown: Callable[[], list[str]]
    model_of: Callable[[], str | None]
    credentials: frozenset[str]


@dataclass
class View:
    """Say what the parts hold; `price` is what a rehearsal told."""

    parts: Parts
    price: Price | None = None
    _censuses: Censuses = field(default_factory=Censuses)
    _latest: LatestTraces = field(default_factory=LatestTraces)

    def changes(self, seen: Mapping[str, str], read: Mapping[str, int]) -> dict[str, Any]:
        """Return the sections whose tags are not the seen ones, and the lines after those that were read."""
        held = list(self.parts.store)
        mask = Mask(self._known(held))
        changed = {}
        for name, section in self._sections(held):
            value = mask(section.model_dump(mode="json"))
            tag = _tag(value)
            if seen.get(name) != tag:
                changed[name] = {"tag": tag, "value": value}
        return {"sections": changed, "logs": mask(self._logs(read))}

    def resource(self, path: str) -> dict[str, Any] | None:
        """Return one resource with what is recorded of it, or None."""
        found = self.parts.store.get(path)
        if found is None or self._is_own(found):
            return None
        detail = resources.resource_detail(found, found.id.parent.path)
        shown: dict[str, Any] = self._mask()(detail.model_dump(mode="json"))
        return shown

    def trace(self, operation: str) -> dict[str, Any] | None:
        """Return the spans of one trace, or None."""
        spans = self.parts.telemetry.tree(operation)
        shown = [span.model_dump(mode="json") for span in spans]
        return self._mask()({"operation": operation, "spans": shown}) if spans else None

    def _mask(self) -> Mask:
        return Mask(self._known(self.parts.store))

    def _sections(self, held: list[Resource]) -> Iterator[tuple[str, Shown]]:
        parts = self.parts
        listed = [one for one in held if not self._is_own(one)]
        statuses = parts.runtime.apps()
        records = {one["name"]: self._records(one["name"]) for one in statuses}
        of_apps = [one for one in listed if one.type.lower() == APPS.lower()]
        yield "head", self._head(statuses, len(listed))
        yield "findings", self._findings()
        yield "apps", apps.app_rows(statuses, of_apps, records)
        yield "pulls", roles.pull_rows(parts.journal.pulls)
        yield "roles", roles.role_rows(held, parts.journal.uses.all(), self._people())
        yield "database", account_rows(parts.databases.places(), self._censuses)
        yield "watching", watching.watching(listed)
        yield "traces", self._latest.of(parts.telemetry)
        yield "resources", resources.resource_rows(listed)

    def _head(self, statuses: list[dict[str, Any]], count: int) -> Head:
        parts = self.parts
        return Head(
            stack=parts.config.stack,
            mode=parts.config.mode,
            since=parts.since,
            apps=apps.app_states(statuses),
            model=parts.model.name,
            model_of=parts.model_of(),
            price=self.price,
            resources=count,
            findings=len(parts.journal.findings),
            not_shown=tuple(parts.not_shown()),
        )

    def _findings(self) -> Shown:
        found = (
            FindingRow(
                code=one.code,
                resource=clipped(one.resource),
                message=clipped(one.message, 2_000),
                fix=clipped(one.fix, 2_000),
            )
            for one in reversed(self.parts.journal.findings)
        )
        return first(found, MOST_FINDINGS)

    def _logs(self, read: Mapping[str, int]) -> dict[str, Any]:
        found = {}
        for status in self.parts.runtime.apps()[: apps.MOST_APPS]:
            app = self.parts.runtime.running(status["name"])
            if app is not None:
                part = logs.log_part(app.around.console, read.get(status["name"]))
                found[status["name"]] = part.model_dump(mode="json")
        return found

    def _records(self, app: str) -> list[RevisionRecord]:
        found = self.parts.runtime.running(app)
        return found.record.revisions if found else []

    def _people(self) -> dict[str, str]:
        named = self.parts.identities.named_principals()
        return {who.object_id.lower(): name for name, who in named.items()}

    def _is_own(self, resource: Resource) -> bool:
        """Say whether a resource is the twin's own: the operator's role, which no program made."""
        operator = self.parts.identities.operator.object_id
        return resource.type == ASSIGNMENTS and resource.properties.get("principalId") == operator

    def _known(self, held: Iterable[Resource]) -> set[str]:
        """Return the secrets that the twin knows: its own, the apps' and the vaults'."""
        parts = self.parts
        known = {*parts.credentials, *parts.identities.headers(), *parts.databases.keys()}
        for resource in held:
            known.update(secrets_in(resource.body))
            secrets = parts.vaults.secrets_of(resource.id) if resource.type == VAULTS else None
            if secrets is not None:
                known.update(_values(secrets.store))
        return known


def _values(store: Any) -> Iterator[str]:
    for deleted in (False, True):
        for secret in store.secrets(deleted=deleted):
            yield from (version.value for version in secret.versions)


def _tag(value: Any) -> str:
    text = json.dumps(value, separators=(",", ":"), sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()

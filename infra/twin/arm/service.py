"""Azure Resource Manager without HTTP: write, read, list and delete resources."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from infra.findings.model import Finding
from infra.twin.arm import problems
from infra.twin.arm.behaviour import ArmProblem, ArmRequest, Behaviour, Resource
from infra.twin.arm.extras import Call, Extras, key_of, owner_of
from infra.twin.arm.families.identities import filled_identity
from infra.twin.arm.ids import GROUP_TYPE, ResourceId
from infra.twin.arm.operations import Operation, Operations
from infra.twin.arm.places import check_location, normalised
from infra.twin.arm.references import check_references
from infra.twin.arm.store import DiskStore, merge
from infra.twin.arm.types import ResourceType, TypeTable
from infra.twin.identity.actions import type_of


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Hold what the transport sends."""

    status: int
    body: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ArmService:
    """Apply requests to the store, with Azure's checks before and the types' behaviours after."""

    store: DiskStore
    table: TypeTable
    behaviours: Mapping[str, Behaviour]
    operations: Operations
    subscription: str
    tenant: str
    settled: Callable[[str], None]
    extras: Extras = field(default_factory=dict)

    async def put(
        self, resource_id: ResourceId, body: dict[str, Any], api_version: str | None, caller: str
    ) -> Answer:
        """Create or replace a resource."""
        return await self._write("PUT", resource_id, body, api_version, caller)

    async def patch(
        self, resource_id: ResourceId, body: dict[str, Any], api_version: str | None, caller: str
    ) -> Answer:
        """Merge a change into a resource that exists."""
        existing = self._existing(resource_id, api_version)
        return await self._write("PATCH", existing.id, merge(_writable(existing), body), api_version, caller)

    def get(self, resource_id: ResourceId, api_version: str | None) -> Answer:
        """Return a resource."""
        found = self._existing(resource_id, api_version)
        kind = self._type(resource_id, api_version)
        return Answer(status=200, body=self._shown(kind, found), headers={"ETag": etag(found)})

    def exists(self, resource_id: ResourceId, api_version: str | None) -> Answer:
        """Answer HEAD: 204 or 404, without a body."""
        self._type(resource_id, api_version)
        return Answer(status=204 if self.store.get(resource_id) else 404)

    async def beside(self, call: Call, api_version: str | None) -> Answer | None:
        """Answer what is neither a resource's state nor a list of resources; None when it is one of those."""
        found = self.extras.get(key_of(call.method, call.path.path))
        if found is None:
            return None
        owner, rest = owner_of(call.path, self.store)
        name = type_of(call.path.path)
        kind = self.table.find(name) or (self.table.find(owner.type) if owner else None)
        if kind is not None and kind.name.split("/")[0].lower() == name.split("/")[0].lower():
            problems.check_api_version(api_version, kind.name, kind.api_versions, "")
        body = await found(replace(call, owner=owner, rest=rest))
        return None if body is None else Answer(status=200, body=body)

    def result(self, operation: Operation) -> Answer:
        """Return what an operation's Location says: nothing yet, the resource, or that it is gone."""
        if operation.status == "InProgress":
            return Answer(status=202)
        if operation.problem is not None:
            raise operation.problem
        found = self.store.get(operation.key)
        kind = self.table.find(found.type) if found else None
        if found is None or kind is None:
            return Answer(status=204)
        return Answer(status=200, body=self._shown(kind, found))

    def check_match(self, resource_id: ResourceId, headers: Mapping[str, str]) -> None:
        """Raise ArmProblem 412 when If-Match or If-None-Match says that the writer saw something else."""
        found = self.store.get(resource_id)
        tag = etag(found) if found else None
        wanted, unwanted = headers.get("If-Match"), headers.get("If-None-Match")
        stale = wanted is not None and (tag is None or wanted not in {"*", tag})
        if stale or (unwanted == "*" and tag is not None):
            message = f"The condition on the ETag of '{resource_id}' does not hold: it is {tag}."
            raise ArmProblem(412, "PreconditionFailed", message)

    def collection(self, path: ResourceId, api_version: str | None) -> Answer:
        """Return the resources of a collection: of a group, a parent, or the whole subscription."""
        kind = self._type(ResourceId(f"{path}/-"), api_version)
        scope = ResourceId(f"{path}/-").parent
        self._scope_exists(scope)
        wide = len(scope.segments) == 2 or scope.type == GROUP_TYPE  # noqa: PLR2004 - /subscriptions/ID
        found = [
            self._shown(kind, resource)
            for resource in self.store.of_type(kind.name)
            if resource.id.parent.key == scope.key or (wide and resource.id.is_below(scope))
        ]
        return Answer(status=200, body={"value": found})

    async def delete(self, resource_id: ResourceId, api_version: str | None) -> Answer:
        """Delete a resource after everything below it, last created first; at once where Azure does."""
        kind = self._type(resource_id, api_version)
        found = self.store.get(resource_id)
        if found is None:
            if kind.name == GROUP_TYPE:
                raise problems.group_not_found(resource_id)
            return Answer(status=204)
        doomed = [*reversed(self.store.below(resource_id)), found]
        if not self._is_long(kind) and kind.name != GROUP_TYPE:
            await self._remove(resource_id.key, doomed)
            return Answer(status=200, body=self._shown(kind, found))
        operation = self.operations.start(
            resource_id.key, self._prefix(resource_id), lambda: self._remove(resource_id.key, doomed)
        )
        return Answer(status=202, headers=self._async_headers(operation, api_version))

    async def _remove(self, own: str, doomed: list[Resource]) -> None:
        for resource in doomed:
            if self.store.get(resource.id) is None:
                continue
            if resource.id.key != own:
                await self.operations.quiet(resource.id.key)
            self.store.remove(resource.id)
            self._forget(resource)
            await self._behaviour(resource.id).after_delete(resource, self.store)

    async def _write(
        self, method: str, resource_id: ResourceId, body: dict[str, Any], api_version: str | None, caller: str
    ) -> Answer:
        kind = self._type(resource_id, api_version, str(body.get("location", "")))
        existing = self.store.get(resource_id)
        request = ArmRequest(
            method=method,
            id=existing.id if existing else _canonical(resource_id, kind),
            api_version=str(api_version),
            body=self._fitted(kind, resource_id, body, str(api_version)),
            existing=existing,
            caller=caller,
        )
        self._scope_exists(request.id.parent, request.id)
        self._check_place(request)
        check_references(request, self.store, self.table)
        behaviour = self._behaviour(request.id)
        behaviour.check(request, self.store)
        resource = self._composed(kind, request, behaviour.complete(request, self.store))
        self.store.put(resource)
        return await self._settle(kind, request, resource)

    def _fitted(
        self, kind: ResourceType, resource_id: ResourceId, body: dict[str, Any], api_version: str
    ) -> dict[str, Any]:
        wrong_name = self.table.fit_name(kind, resource_id.name)
        if wrong_name is not None:
            raise problems.misfit(resource_id, wrong_name)
        fitted, found = self.table.fit(kind, body)
        if api_version != kind.api_versions[0]:
            # The type of another version is not carried: what only that one has is left out, not refused.
            found = [misfit for misfit in found if misfit.kind != "unknown"]
        if found:
            raise problems.misfits(resource_id, found)
        if "location" in fitted:
            fitted["location"] = normalised(fitted["location"])
        return fitted

    def _check_place(self, request: ArmRequest) -> None:
        location = request.body.get("location")
        if location is None:
            return
        check_location(request.id, location)
        before = request.existing.body.get("location") if request.existing else None
        if before is not None and before != location:
            raise _moved(request.id, before, location)

    def _scope_exists(self, scope: ResourceId, child: ResourceId | None = None) -> None:
        if scope.subscription.lower() != self.subscription.lower():
            raise problems.subscription_not_found(scope.subscription)
        group = scope.group
        if group is not None and self.store.get(group) is None:
            raise problems.group_not_found(group)
        if len(scope.segments) > 4 and self.store.get(scope) is None:  # noqa: PLR2004 - below a group
            raise problems.parent_not_found(child or ResourceId(f"{scope}/x/y"))

    def _composed(self, kind: ResourceType, request: ArmRequest, filled: dict[str, Any]) -> Resource:
        envelope: dict[str, Any] = {"id": request.id.path, "name": request.id.name, "type": kind.name}
        members = self.table.types[kind.body]["p"]
        if "systemData" in members:
            envelope["systemData"] = _system_data(request)
        properties = merge(request.properties, filled)
        if self._settles(kind):
            properties["provisioningState"] = "InProgress" if self._is_long(kind) else "Succeeded"
        body = {**envelope, **request.body}
        if properties:
            body["properties"] = properties
        if "identity" in body:
            body["identity"] = filled_identity(body["identity"], request.id, self.store, self.tenant)
        return Resource(id=request.id, api_version=request.api_version, body=body)

    async def _settle(self, kind: ResourceType, request: ArmRequest, resource: Resource) -> Answer:
        headers = {"ETag": etag(resource)}
        if self._is_long(kind):
            operation = self.operations.start(
                resource.id.key, self._prefix(resource.id), lambda: self._after_put(kind, resource)
            )
            headers |= self._async_headers(operation, request.api_version)
            if request.method == "PATCH" and kind.name.lower().startswith(PATCHED_LATER):
                return Answer(status=202, body=self._shown(kind, resource), headers=headers)
        else:
            self._forget(resource)
            await self._behaviour(resource.id).after_put(resource, self.store)
            resource = self.store.get(resource.id) or resource
        created = 200 if kind.name.lower().startswith(NEVER_201) else 201
        return Answer(
            status=200 if request.existing else created, body=self._shown(kind, resource), headers=headers
        )

    def _shown(self, kind: ResourceType, resource: Resource) -> dict[str, Any]:
        return self.table.shown(kind, resource.body)

    async def _after_put(self, kind: ResourceType, resource: Resource) -> None:
        self._forget(resource)
        try:
            await self._behaviour(resource.id).after_put(resource, self.store)
        except BaseException:
            self._mark(kind, resource, "Failed")
            raise
        self._mark(kind, resource, "Succeeded")

    def _forget(self, resource: Resource) -> None:
        """Settle what an earlier form of the resource was told; container apps go by their name as well."""
        self.settled(resource.id.path)
        if resource.id.type.lower() == APP_TYPE:
            self.settled(resource.id.name)

    def _mark(self, kind: ResourceType, resource: Resource, outcome: str) -> None:
        if self._settles(kind) and self.store.get(resource.id) is not None:
            self.store.set_properties(resource.id, {"provisioningState": outcome})

    def _settles(self, kind: ResourceType) -> bool:
        rule = self.table.types[kind.body]["p"].get("properties", {})
        return "t" in rule and "provisioningState" in self.table.types[rule["t"]].get("p", {})

    def _is_long(self, kind: ResourceType) -> bool:
        return kind.name.lower() in LONG_RUNNING

    def _behaviour(self, resource_id: ResourceId) -> Behaviour:
        return self.behaviours.get(resource_id.type.lower()) or self.behaviours[""]

    def _existing(self, resource_id: ResourceId, api_version: str | None) -> Resource:
        kind = self._type(resource_id, api_version)
        found = self.store.get(resource_id)
        if found is None:
            self._scope_exists(resource_id.scope)
            is_group = kind.name == GROUP_TYPE
            raise (
                problems.group_not_found(resource_id)
                if is_group
                else problems.resource_not_found(resource_id)
            )
        return found

    def _type(self, resource_id: ResourceId, api_version: str | None, location: str = "") -> ResourceType:
        if not resource_id.path.lower().startswith("/subscriptions/"):
            raise problems.missing_subscription()
        if resource_id.subscription.lower() != self.subscription.lower():
            raise problems.subscription_not_found(resource_id.subscription)
        kind = self.table.find(resource_id.type)
        if kind is None:
            if resource_id.namespace.lower() not in self.table.namespaces():
                raise problems.unknown_provider(resource_id.namespace)
            raise problems.unknown_type(resource_id.type, api_version or "")
        problems.check_api_version(api_version, kind.name, kind.api_versions, location)
        return kind

    def _prefix(self, resource_id: ResourceId) -> str:
        return f"/subscriptions/{self.subscription}/providers/{resource_id.namespace}/locations/twin"

    def _async_headers(self, operation: Operation, api_version: str | None) -> dict[str, str]:
        version = f"?api-version={api_version}"
        result = operation.id.replace("/operationStatuses/", "/operationResults/")
        return {
            "Azure-AsyncOperation": f"{operation.id}{version}",
            "Location": f"{result}{version}",
            "retry-after-ms": str(PAUSE_MS),
        }


PAUSE_MS = 100
# The provider whose PATCH is answered with 202; others' clients take 200 alone.
PATCHED_LATER = "microsoft.app/"
# Providers whose PUT of something new is answered with 200; their clients take nothing else.
NEVER_201 = (
    "microsoft.documentdb/",
    "microsoft.insights/components",
    "microsoft.insights/diagnosticsettings",
    "microsoft.insights/metricalerts",
    "microsoft.storage/storageaccounts",
)
APP_TYPE = "microsoft.app/containerapps"
LONG_RUNNING = frozenset(
    {
        APP_TYPE,
        "microsoft.app/managedenvironments",
        "microsoft.cognitiveservices/accounts",
        "microsoft.cognitiveservices/accounts/deployments",
        "microsoft.containerregistry/registries",
        "microsoft.documentdb/databaseaccounts",
        "microsoft.documentdb/databaseaccounts/sqldatabases",
        "microsoft.documentdb/databaseaccounts/sqldatabases/containers",
        "microsoft.documentdb/databaseaccounts/sqlroleassignments",
        "microsoft.operationalinsights/workspaces",
    }
)


def etag(resource: Resource) -> str:
    """Return a tag that changes with the resource."""
    text = json.dumps(resource.body, sort_keys=True)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def _canonical(resource_id: ResourceId, kind: ResourceType) -> ResourceId:
    """Return the id with the type spelt as Azure does; names stay as written."""
    if kind.name == GROUP_TYPE:
        return ResourceId(f"/subscriptions/{resource_id.subscription}/resourceGroups/{resource_id.name}")
    spelt = kind.name.split("/")
    tail = resource_id.segments[-2 * (len(spelt) - 1) :]
    pairs = [
        part for kind_name, name in zip(spelt[1:], tail[1::2], strict=True) for part in (kind_name, name)
    ]
    scope = resource_id.scope.path.rstrip("/")
    return ResourceId("/".join([scope, "providers", spelt[0], *pairs]))


def _writable(resource: Resource) -> dict[str, Any]:
    return {key: value for key, value in resource.body.items() if key != "systemData"}


def _system_data(request: ArmRequest) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    before = (request.existing.body.get("systemData") or {}) if request.existing else {}
    return {
        "createdBy": before.get("createdBy", request.caller),
        "createdByType": before.get("createdByType", "Application"),
        "createdAt": before.get("createdAt", now),
        "lastModifiedBy": request.caller,
        "lastModifiedByType": "Application",
        "lastModifiedAt": now,
    }


def _moved(resource_id: ResourceId, before: str, now: str) -> ArmProblem:
    finding = Finding(
        code="ST002",
        resource=resource_id.path,
        message=f"the location is {before!r} and cannot become {now!r}",
        fix="keep the location, or give the resource another name so that it is replaced",
    )
    if resource_id.type == GROUP_TYPE:
        message = (
            f"Invalid resource group location '{now}'. The Resource group already exists in "
            f"location '{before}'."
        )
        return ArmProblem(409, "InvalidResourceGroupLocation", message, target="location", finding=finding)
    group = resource_id.group.name if resource_id.group else ""
    message = (
        f"The resource '{resource_id.name}' already exists in location '{before}' in "
        f"resource group '{group}'. "
        f"A resource with the same name cannot be created in location '{now}'. Please "
        "select a new resource name."
    )
    return ArmProblem(409, "InvalidResourceLocation", message, target="location", finding=finding)

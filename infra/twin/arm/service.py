"""Azure Resource Manager without HTTP: write, read, list and delete resources."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from infra.twin.arm import problems
from infra.twin.arm.answers import Answer, etag, polled
from infra.twin.arm.behaviour import ArmProblem, ArmRequest, Behaviour, Resource
from infra.twin.arm.extras import Call, Extras, key_of, owner_of
from infra.twin.arm.ids import GROUP_TYPE, ResourceId
from infra.twin.arm.kinds import APP_TYPE, Kinds, canonical, created_status, is_long, patched_later
from infra.twin.arm.operations import Operation, Operations
from infra.twin.arm.places import check_place
from infra.twin.arm.references import check_references
from infra.twin.arm.store import DiskStore, merge
from infra.twin.arm.types import ResourceType, TypeTable
from infra.twin.arm.writing import Writing
from infra.twin.identity.actions import type_of


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

    @property
    def _kinds(self) -> Kinds:
        return Kinds(self.table, self.subscription)

    @property
    def _writing(self) -> Writing:
        return Writing(self._kinds, self.store, self.tenant)

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
        kind = self._kinds.of(resource_id, api_version)
        return Answer(status=200, body=self._shown(kind, found), headers={"ETag": etag(found)})

    def exists(self, resource_id: ResourceId, api_version: str | None) -> Answer:
        """Answer HEAD: 204 or 404, without a body."""
        self._kinds.of(resource_id, api_version)
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
        kind = self._kinds.of(ResourceId(f"{path}/-"), api_version)
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
        kind = self._kinds.of(resource_id, api_version)
        found = self.store.get(resource_id)
        if found is None:
            if kind.name == GROUP_TYPE:
                raise problems.group_not_found(resource_id)
            return Answer(status=204)
        doomed = [*reversed(self.store.below(resource_id)), found]
        if not is_long(kind) and kind.name != GROUP_TYPE:
            await self._remove(resource_id.key, doomed)
            return Answer(status=200, body=self._shown(kind, found))
        operation = self.operations.start(
            resource_id.key, self._prefix(resource_id), lambda: self._remove(resource_id.key, doomed)
        )
        return Answer(status=202, headers=polled(operation, api_version))

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
        kind = self._kinds.of(resource_id, api_version, str(body.get("location", "")))
        existing = self.store.get(resource_id)
        request = ArmRequest(
            method=method,
            id=existing.id if existing else canonical(resource_id, kind),
            api_version=str(api_version),
            body=self._writing.fitted(kind, resource_id, body, str(api_version)),
            existing=existing,
            caller=caller,
        )
        self._scope_exists(request.id.parent, request.id)
        check_place(request)
        check_references(request, self.store, self.table)
        behaviour = self._behaviour(request.id)
        behaviour.check(request, self.store)
        resource = self._writing.composed(kind, request, behaviour.complete(request, self.store))
        self.store.put(resource)
        return await self._settle(kind, request, resource)

    def _scope_exists(self, scope: ResourceId, child: ResourceId | None = None) -> None:
        if scope.subscription.lower() != self.subscription.lower():
            raise problems.subscription_not_found(scope.subscription)
        group = scope.group
        if group is not None and self.store.get(group) is None:
            raise problems.group_not_found(group)
        if len(scope.segments) > 4 and self.store.get(scope) is None:  # noqa: PLR2004 - below a group
            raise problems.parent_not_found(child or ResourceId(f"{scope}/x/y"))

    async def _settle(self, kind: ResourceType, request: ArmRequest, resource: Resource) -> Answer:
        headers = {"ETag": etag(resource)}
        if is_long(kind):
            operation = self.operations.start(
                resource.id.key, self._prefix(resource.id), lambda: self._after_put(kind, resource)
            )
            headers |= polled(operation, request.api_version)
            if request.method == "PATCH" and patched_later(kind):
                return Answer(status=202, body=self._shown(kind, resource), headers=headers)
        else:
            self._forget(resource)
            await self._behaviour(resource.id).after_put(resource, self.store)
            resource = self.store.get(resource.id) or resource
        status = 200 if request.existing else created_status(kind)
        return Answer(status=status, body=self._shown(kind, resource), headers=headers)

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
        if self._kinds.settles(kind) and self.store.get(resource.id) is not None:
            self.store.set_properties(resource.id, {"provisioningState": outcome})

    def _behaviour(self, resource_id: ResourceId) -> Behaviour:
        return self.behaviours.get(resource_id.type.lower()) or self.behaviours[""]

    def _existing(self, resource_id: ResourceId, api_version: str | None) -> Resource:
        kind = self._kinds.of(resource_id, api_version)
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

    def _prefix(self, resource_id: ResourceId) -> str:
        return f"/subscriptions/{self.subscription}/providers/{resource_id.namespace}/locations/twin"


def _writable(resource: Resource) -> dict[str, Any]:
    return {key: value for key, value in resource.body.items() if key != "systemData"}

"""Role assignments, with the refusals that first deployments meet."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from typing_extensions import override

from infra.findings.model import Finding
from infra.twin.arm.behaviour import ArmProblem, ArmRequest, ResourceStore
from infra.twin.arm.families.recorded import Recorded
from infra.twin.identity.conditions import Facts, attributes
from infra.twin.identity.roles import ASSIGNMENTS, BUILT_IN, fulfilled, granting, role_guid

WRITE = f"{ASSIGNMENTS}/write"
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True)
class RoleAssignment(Recorded):
    """Check an assignment as Azure's authorization service does.

    `principal_type` returns the directory's type of a principal id, or None when there is none.
    """

    subscription: str
    tenant: str
    principal_type: Callable[[str], str | None]

    @override
    def check(self, request: ArmRequest, state: ResourceStore) -> None:
        """Refuse bad names, unknown roles and principals, doubles, and changes of what is fixed."""
        self._check_condition(request, state)
        self._check_name(request)
        self._check_role(request)
        self._check_principal(request)
        self._check_fixed(request)
        self._check_double(request, state)

    @override
    def complete(self, request: ArmRequest, state: ResourceStore) -> dict[str, Any]:
        """Fill in scope and authorship."""
        now = datetime.now(UTC).isoformat()
        before = request.existing.properties if request.existing else {}
        role = role_guid(request.properties["roleDefinitionId"])
        prefix = f"/subscriptions/{self.subscription}/providers/Microsoft.Authorization/roleDefinitions"
        kind = request.properties.get("principalType") or self.principal_type(
            request.properties["principalId"]
        )
        return {
            "scope": request.id.scope.path,
            "roleDefinitionId": f"{prefix}/{role}",
            "principalType": kind or "User",
            "createdOn": before.get("createdOn", now),
            "createdBy": before.get("createdBy", request.caller),
            "updatedOn": now,
            "updatedBy": request.caller,
        }

    def _check_condition(self, request: ArmRequest, state: ResourceStore) -> None:
        """Refuse what the caller's own roles grant under a condition that this assignment does not meet."""
        conditions = list(granting(state, request.caller, WRITE, request.id))
        given = attributes(
            request.properties, self.principal_type(str(request.properties.get("principalId", "")))
        )
        before = attributes(request.existing.properties) if request.existing else None
        if conditions and not fulfilled(conditions, Facts(action=WRITE, request=given, resource=before)):
            message = (
                f"The client with object id '{request.caller}' has an authorization with ABAC condition "
                f"that is not fulfilled to perform action '{WRITE}' over scope '{request.id.path}' or the "
                "scope is invalid. If access was recently granted, please refresh your credentials."
            )
            fix = "assign only the roles, and only to the principals, that the caller's own condition names"
            raise _refused(request, 403, "AuthorizationFailed", message, fix, finding="ST045")

    def _check_name(self, request: ArmRequest) -> None:
        if not _GUID.fullmatch(request.id.name):
            message = (
                f"The role assignment ID '{request.id.name}' is not valid. The role "
                "assignment ID must be a GUID."
            )
            raise _refused(request, 400, "InvalidRoleAssignmentId", message, "derive the name with uuid5")

    def _check_role(self, request: ArmRequest) -> None:
        given = request.properties["roleDefinitionId"]
        if role_guid(given) in BUILT_IN:
            return
        message = f"The specified role definition with ID '{role_guid(given)}' does not exist."
        names = ", ".join(f"{name} {guid}" for guid, name in BUILT_IN.items())
        raise _refused(
            request,
            400,
            "RoleDefinitionDoesNotExist",
            message,
            f"use one that exists: {names}",
            finding="ST024",
        )

    def _check_principal(self, request: ArmRequest) -> None:
        principal = request.properties["principalId"]
        given = request.properties.get("principalType")
        actual = self.principal_type(principal)
        if actual is None and given in {None, "User"}:
            message = (
                f"Principal {principal.replace('-', '')} does not exist in the directory {self.tenant}. "
                "Check that you have the correct principal ID. If you are creating this principal and then "
                "immediately assigning a role, this error might be related to a replication delay. In this "
                "case, set the role assignment principalType property to a value, such "
                "as ServicePrincipal, User, or Group. "
                "See https://aka.ms/docs-principaltype"
            )
            fix = "take principalId from the identity's output and set principalType to ServicePrincipal"
            raise _refused(request, 400, "PrincipalNotFound", message, fix, finding="ST024")
        if actual is not None and given is not None and given != actual:
            message = (
                f"The PrincipalId '{principal.replace('-', '')}' has type '{actual}' , "
                "which is different from "
                f"specified PrinciaplType '{given}'."
            )
            fix = f"set principalType to {actual} (the SDK's default is User)"
            raise _refused(request, 400, "UnmatchedPrincipalType", message, fix)

    def _check_fixed(self, request: ArmRequest) -> None:
        if request.existing is not None and _who_what(request.existing.properties) != _who_what(
            request.properties
        ):
            message = "Tenant ID, application ID, principal ID, and scope are not allowed to be updated."
            fix = (
                "give the assignment a name that depends on principal, role and scope, so that it is replaced"
            )
            raise _refused(request, 400, "RoleAssignmentUpdateNotPermitted", message, fix)

    def _check_double(self, request: ArmRequest, state: ResourceStore) -> None:
        for other in state.of_type(ASSIGNMENTS):
            same = other.id.scope.key == request.id.scope.key and other.id.key != request.id.key
            if same and _who_what(other.properties) == _who_what(request.properties):
                message = (
                    "The role assignment already exists. The ID of the existing role "
                    f"assignment is {other.name}."
                )
                fix = "remove one of the two assignments of this role at this scope"
                raise _refused(request, 409, "RoleAssignmentExists", message, fix)


def _who_what(properties: dict[str, Any]) -> tuple[str, str]:
    return str(properties["principalId"]).lower(), role_guid(str(properties["roleDefinitionId"]))


def _refused(
    request: ArmRequest, status: int, code: str, message: str, fix: str, *, finding: str = "ST002"
) -> ArmProblem:
    found = Finding(code=finding, resource=request.id.path, message=message, fix=fix)
    return ArmProblem(status, code, message, finding=found)

"""The refusals that ARM itself makes, in its words."""

import difflib
import re

from infra.findings.model import Finding
from infra.twin.arm.behaviour import ArmProblem
from infra.twin.arm.ids import ResourceId
from infra.twin.arm.types import Misfit


def resource_not_found(resource_id: ResourceId) -> ArmProblem:
    """Return the answer to GET of what does not exist."""
    group = resource_id.group
    under = f" under resource group '{group.name}'" if group is not None else ""
    return ArmProblem(
        404,
        "ResourceNotFound",
        f"The Resource '{resource_id.type}/{resource_id.name}'{under} was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def group_not_found(group: ResourceId) -> ArmProblem:
    """Return the answer to anything inside a group that does not exist."""
    message = f"Resource group '{group.name}' could not be found."
    return ArmProblem(404, "ResourceGroupNotFound", message, finding=_dangling(group, message))


def parent_not_found(resource_id: ResourceId) -> ArmProblem:
    """Return the answer to a child whose parent does not exist."""
    parent = resource_id.parent
    message = (
        f"Can not perform requested operation on nested resource. Parent resource '{parent.name}' not found."
    )
    return ArmProblem(404, "ParentResourceNotFound", message, finding=_dangling(resource_id, message))


def subscription_not_found(subscription: str) -> ArmProblem:
    """Return the answer to another subscription than the twin's."""
    return ArmProblem(
        404,
        "SubscriptionNotFound",
        f"The subscription '{subscription}' could not be found.",
        finding=Finding(
            code="ST024",
            resource=f"/subscriptions/{subscription}",
            message=f"the twin has one subscription, and {subscription!r} is not its id",
            fix="take the subscription id from the twin's configuration, not from a literal in the program",
        ),
    )


def missing_subscription() -> ArmProblem:
    """Return the answer to a path that does not begin with a subscription."""
    return ArmProblem(
        404,
        "MissingSubscription",
        "The request did not have a subscription or a valid tenant level resource provider.",
    )


def linked_not_found(owner: ResourceId, path: str, missing: str) -> ArmProblem:
    """Return the answer to a body that refers to what does not exist."""
    reference = ResourceId(missing)
    if reference.type.lower() == "microsoft.managedidentity/userassignedidentities":
        inner = f"Resource '{missing}' was not found."
        message = (
            f"Identity operation for resource '{owner}' failed with error 'Failed to "
            "perform resource identity "
            "operation. Status: 'BadRequest'. Response: "
            f'\'{{"error":{{"code":"BadRequest","message":"{inner}"}}}}\'.'
        )
        return ArmProblem(
            400, "FailedIdentityOperation", message, target=path, finding=_reference(owner, path, missing)
        )
    message = f"The linked resource '{missing}' at '{path}' was not found."
    return ArmProblem(
        404, "LinkedResourceNotFound", message, target=path, finding=_reference(owner, path, missing)
    )


def _reference(owner: ResourceId, path: str, missing: str) -> Finding:
    return Finding(
        code="ST024",
        resource=owner.path,
        message=f"{path} refers to {missing}, which does not exist",
        fix="take the id from that resource's output, so that it is created first; check name and group",
    )


def _dangling(resource_id: ResourceId, message: str) -> Finding:
    return Finding(
        code="ST024",
        resource=resource_id.path,
        message=message,
        fix="create the parent first: pass its name as an output of the parent, not as a literal",
    )


def unknown_provider(namespace: str) -> ArmProblem:
    """Return the answer to a provider that does not exist (or that this twin does not play)."""
    return ArmProblem(
        404,
        "InvalidResourceNamespace",
        f"The resource namespace '{namespace}' is invalid.",
        finding=Finding(
            code="ST024",
            resource=namespace,
            message=f"the twin does not rehearse the provider {namespace}",
            fix="check the spelling; if Azure has it, this twin cannot rehearse a stack that uses it",
        ),
    )


def unknown_type(resource_type: str, api_version: str) -> ArmProblem:
    """Return the answer to a resource type that does not exist (or that this twin does not play)."""
    namespace, _, rest = resource_type.partition("/")
    return ArmProblem(
        404,
        "InvalidResourceType",
        f"The resource type '{rest}' could not be found in the namespace '{namespace}' "
        f"for api version '{api_version}'.",
        finding=Finding(
            code="ST024",
            resource=resource_type,
            message=f"the twin does not rehearse the resource type {resource_type}",
            fix="check the spelling; if Azure has it, this twin cannot rehearse a stack that uses it",
        ),
    )


def check_api_version(
    value: str | None, resource_type: str, supported: tuple[str, ...], location: str
) -> str:
    """Return the API version; raise ArmProblem when it is absent, malformed or not the type's."""
    if not value:
        message = "The api-version query parameter (?api-version=) is required for all requests."
        raise ArmProblem(400, "MissingApiVersionParameter", message)
    known = ",".join(supported)
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}(-[a-z]+)?", value):
        raise ArmProblem(
            400,
            "InvalidApiVersionParameter",
            f"The api-version '{value}' is invalid. The supported versions are '{known}'.",
        )
    if value not in supported:
        namespace, _, rest = resource_type.partition("/")
        raise ArmProblem(
            400,
            "NoRegisteredProviderFound",
            f"No registered resource provider found for location '{location}' and API "
            f"version '{value}' for type "
            f"'{rest}'. The supported api-versions are '{known}'. (Namespace: {namespace}.)",
        )
    return value


def misfit(resource_id: ResourceId, found: Misfit) -> ArmProblem:
    """Return the refusal of one place in a body that does not fit Azure's type."""
    unknown = found.kind == "unknown"
    name = found.path.rsplit(".", 1)[-1]
    close = difflib.get_close_matches(name, found.allowed.split(", "), n=1)
    if unknown:
        fix = (
            f"rename it to {close[0]!r}" if close else f"remove it; known here: {found.allowed or 'nothing'}"
        )
    else:
        fix = (
            f"give {found.path} {found.allowed}"
            if found.allowed.startswith("a")
            else f"allowed: {found.allowed}"
        )
    return ArmProblem(
        400,
        "InvalidRequestContent",
        f"The request content was invalid and could not be deserialized: '{found.message}'.",
        target=found.path,
        finding=Finding(
            code="ST001" if unknown else "ST002", resource=resource_id.path, message=found.message, fix=fix
        ),
    )


def misfits(resource_id: ResourceId, found: list[Misfit]) -> ArmProblem:
    """Return one refusal for everything in a body that does not fit: the first leads, all are details."""
    problems = [misfit(resource_id, item) for item in found]
    first = problems[0]
    if len(problems) == 1:
        return first
    return ArmProblem(first.status, first.code, first.message, target=first.target, details=problems)

"""ARM's names for what a request does: `Microsoft.App/containerApps/write`."""

from infra.twin.arm.ids import ResourceId

_VERBS = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete"}
_RESOURCES = "Microsoft.Resources"


def action_of(method: str, path: str) -> str:
    """Return the action that a request needs at its path.

    A POST is named after its last segment: `POST …/containerApps/x/listSecrets` needs
    `Microsoft.App/containerApps/listSecrets/action`.
    """
    kind = type_of(path)
    return f"{kind}/action" if method == "POST" else f"{kind}/{_VERBS.get(method, 'write')}"


def type_of(path: str) -> str:
    """Return the type of a path, be it a resource, a list of them, or a verb below one."""
    segments = ResourceId(path).segments
    lowered = [segment.lower() for segment in segments]
    last = len(lowered) - 1 - lowered[::-1].index("providers") if "providers" in lowered else -1
    tail = segments[last + 1 :] if last >= 0 else []
    if not tail:
        return "/".join([_RESOURCES, *segments[0::2]])
    if len(tail) == 1:
        return f"{_RESOURCES}/providers"
    return "/".join([tail[0], *tail[1::2]])

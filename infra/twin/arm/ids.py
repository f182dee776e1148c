"""Azure resource ids: parsing, parents, scopes."""

from dataclasses import dataclass

GROUP_TYPE = "Microsoft.Resources/resourceGroups"
SUBSCRIPTION_TYPE = "Microsoft.Resources/subscriptions"


class MalformedIdError(ValueError):
    """Say that a path is no resource id."""


@dataclass(frozen=True)
class ResourceId:
    """Hold one resource id as written; `key` compares it as ARM does, without regard to case."""

    path: str

    @classmethod
    def parse(cls, path: str) -> "ResourceId":
        """Return the id of a path that names one resource; raise MalformedIdError otherwise."""
        parsed = cls("/" + path.strip("/"))
        if parsed.key == "" or parsed.is_collection or "//" in parsed.path:
            raise MalformedIdError(
                f"{path!r} names no resource: an id is /subscriptions/ID/resourceGroups/NAME/…"
            )
        return parsed

    def __str__(self) -> str:
        return self.path

    @property
    def key(self) -> str:
        """Return the form under which two spellings of one id are equal."""
        return self.path.rstrip("/").lower()

    @property
    def segments(self) -> list[str]:
        """Return the path's segments."""
        return [segment for segment in self.path.split("/") if segment]

    def _split(self) -> tuple[list[str], list[str]]:
        """Return the segments of the scope and those after the last `providers`."""
        segments = self.segments
        for index in range(len(segments) - 1, -1, -1):
            if segments[index].lower() == "providers":
                return segments[:index], segments[index + 1 :]
        return segments, []

    @property
    def is_collection(self) -> bool:
        """Say whether the path names a list of resources instead of one."""
        scope, tail = self._split()
        return len(tail) % 2 == 0 if tail else len(scope) % 2 == 1

    @property
    def scope(self) -> "ResourceId":
        """Return what the provider's part hangs on: a subscription, a group, or another resource."""
        scope, tail = self._split()
        return ResourceId("/" + "/".join(scope if tail else scope[:-2]))

    @property
    def type(self) -> str:
        """Return the full type, for instance `Microsoft.App/containerApps`."""
        scope, tail = self._split()
        if tail:
            return "/".join([tail[0], *tail[1::2]])
        return GROUP_TYPE if len(scope) > 2 else SUBSCRIPTION_TYPE  # noqa: PLR2004 - /subscriptions/ID

    @property
    def namespace(self) -> str:
        """Return the resource provider's name."""
        return self.type.split("/")[0]

    @property
    def name(self) -> str:
        """Return the last segment."""
        return self.segments[-1] if self.segments else ""

    @property
    def parent(self) -> "ResourceId":
        """Return what must exist first: the enclosing resource, else the scope."""
        _, tail = self._split()
        if len(tail) > 3:  # noqa: PLR2004 - NAMESPACE/TYPE/NAME is a resource of its own
            return ResourceId("/" + "/".join(self.segments[:-2]))
        return self.scope

    @property
    def group(self) -> "ResourceId | None":
        """Return the resource group that holds this resource, or None."""
        segments = self.segments
        if len(segments) >= 4 and segments[2].lower() == "resourcegroups":  # noqa: PLR2004 - its place in an id
            return ResourceId("/" + "/".join(segments[:4]))
        return None

    @property
    def subscription(self) -> str:
        """Return the subscription's id."""
        return self.segments[1] if len(self.segments) > 1 else ""

    def is_below(self, other: "ResourceId") -> bool:
        """Say whether this id lies strictly below another one."""
        return self.key.startswith(other.key + "/")

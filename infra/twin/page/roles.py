"""Who has which role where, and what each was used for; and who pulled which image."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from infra.twin.arm.behaviour import Resource
from infra.twin.arm.ids import SUBSCRIPTION_TYPE, ResourceId
from infra.twin.database.access import data_roles
from infra.twin.identity.definitions import definitions
from infra.twin.identity.roles import ASSIGNMENTS, MODEL_CALLERS, role_guid
from infra.twin.identity.uses import Use
from infra.twin.journal import Pull
from infra.twin.models.endpoint import ACTION as MODEL_CALL
from infra.twin.page.model import Listing, PullRow, RoleRow, UseRow, clipped, first

MOST_ROLES, MOST_USES, MOST_PULLS = 200, 12, 100
CONTROL, DATA = "Azure", "Cosmos DB data"
_DATA_NAMES = {
    data_roles.READER: "Cosmos DB Built-in Data Reader",
    data_roles.CONTRIBUTOR: "Cosmos DB Built-in Data Contributor",
}


@dataclass(frozen=True)
class _Assignment:
    principal: str
    role: str
    plane: str
    scope: str

    def explains(self, use: Use) -> bool:
        """Say whether this assignment is one that granted a use."""
        here, there = ResourceId(self.scope), ResourceId(use.scope)
        covers = here.key == there.key or there.is_below(here)
        # A data role may be scoped below its account, where uses are counted.
        covers = covers or (self.plane == DATA and here.is_below(there))
        return covers and use.principal.lower() == self.principal.lower() and self._grants(use.action)

    def _grants(self, action: str) -> bool:
        if self.plane == DATA:
            return any(fnmatchcase(action, one) for one in data_roles.BUILT_IN.get(self.role, ("*",)))
        if self.role in MODEL_CALLERS and action == MODEL_CALL:
            return True
        known = definitions().get(self.role)
        return known is not None and (known.grants(action) or known.grants_data(action))


def role_rows(
    resources: Iterable[Resource], uses: Sequence[Use], people: Mapping[str, str]
) -> Listing[RoleRow]:
    """Return every role assignment; `people` names principals by their ids in lower case."""
    return first(
        (_row(found, uses, people) for one in resources if (found := _assignment(one)) is not None),
        MOST_ROLES,
    )


def _assignment(resource: Resource) -> _Assignment | None:
    properties, kind = resource.properties, resource.type.lower()
    if kind not in {ASSIGNMENTS.lower(), data_roles.ASSIGNMENTS.lower()}:
        return None
    data = kind == data_roles.ASSIGNMENTS.lower()
    return _Assignment(
        principal=str(properties.get("principalId", "")),
        role=role_guid(str(properties.get("roleDefinitionId", ""))),
        plane=DATA if data else CONTROL,
        scope=str(properties.get("scope") or (resource.id.parent if data else resource.id.scope)),
    )


def _row(found: _Assignment, uses: Sequence[Use], people: Mapping[str, str]) -> RoleRow:
    known = definitions().get(found.role)
    role = _DATA_NAMES.get(found.role) if found.plane == DATA else known.name if known else None
    return RoleRow(
        who=people.get(found.principal.lower(), found.principal),
        principal=found.principal,
        role=role or found.role,
        plane=found.plane,
        scope=_place(found.scope),
        scope_id=found.scope,
        uses=_summed(use for use in uses if found.explains(use)),
    )


def _summed(uses: Iterable[Use]) -> tuple[UseRow, ...]:
    """Return uses by action, those made most often first."""
    counts: dict[str, tuple[int, str]] = {}
    for use in uses:
        count, last = counts.get(use.action, (0, ""))
        counts[use.action] = (count + use.count, max(last, use.last))
    rows = [UseRow(action=action, count=count, last=last) for action, (count, last) in counts.items()]
    return tuple(sorted(rows, key=lambda row: (-row.count, row.action))[:MOST_USES])


def _place(scope: str) -> str:
    place = ResourceId(scope)
    if place.type == SUBSCRIPTION_TYPE:
        return "the subscription"
    kind = place.type.rsplit("/", maxsplit=1)[-1]
    return f"{kind} {place.name}" if place.name else scope


def pull_rows(pulls: Sequence[Pull]) -> Listing[PullRow]:
    """Return the pulls, the latest first."""
    return first((_pull(one) for one in reversed(pulls)), MOST_PULLS)


def _pull(pull: Pull) -> PullRow:
    name, _, asked = pull.image.partition("@")
    return PullRow(
        at=pull.at,
        repository=clipped(name),
        digest=pull.digest or asked,
        identity=ResourceId(pull.identity).name if pull.identity else "",
        allowed=pull.ok,
        reason=clipped(pull.refusal or ""),
    )

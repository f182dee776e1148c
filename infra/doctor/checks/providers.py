"""Resource providers: registered, and offering every type of the stack in its region."""

from typing import Any

from infra.doctor.checks.account import unanswered
from infra.doctor.model import Answers, Asked, Check, Command, Verdict, fail, ok, skipped, warn
from infra.doctor.subject import Subject

_QUERY = (
    "[].{namespace:namespace,state:registrationState,"
    "types:resourceTypes[].{type:resourceType,locations:locations}}"
)
_LIST = Command(argv=("az", "provider", "list", "--query", _QUERY, "--output", "json"), timeout=90)
# These answer everywhere and are registered in every subscription.
_ALWAYS = {"microsoft.resources", "microsoft.authorization", "microsoft.consumption"}


def _ask(subject: Subject) -> Asked | Verdict:
    if subject.types is None:
        return skipped(f"what the program makes is not known: {subject.types_trouble}")
    return {"providers": _LIST}


def judge_registered(subject: Subject, answers: Answers) -> Verdict:
    """Want every provider that the stack uses to be registered in the subscription."""
    heard = answers["providers"]
    trouble = unanswered(heard)
    if trouble is not None:
        return trouble
    states = {str(one["namespace"]).lower(): str(one["state"]) for one in heard.json()}
    wanted = {kind.split("/")[0] for kind in subject.types or ()}
    used = sorted(one for one in wanted if one.lower() not in _ALWAYS)
    missing = [
        one for one in used if states.get(one.lower(), "NotRegistered") in {"NotRegistered", "Unregistered"}
    ]
    if missing:
        lines = "; ".join(f"az provider register --namespace {one} --wait" for one in missing)
        return fail(f"not registered: {', '.join(missing)}", lines)
    moving = [one for one in used if states[one.lower()] != "Registered"]
    if moving:
        return warn(f"{', '.join(moving)}: {states[moving[0].lower()]}", "wait; it takes some minutes")
    return ok(f"{len(used)} registered")


def judge_region(subject: Subject, answers: Answers) -> Verdict:
    """Want every type of the stack to be offered in the stack's region."""
    heard = answers["providers"]
    trouble = unanswered(heard)
    if trouble is not None:
        return trouble
    offered = _offered(heard.json())
    region = subject.config.location
    missing = []
    for kind in subject.types or ():
        places = offered.get(kind.lower())
        if places and "global" not in places and region not in places:
            missing.append(kind)
    if not missing:
        return ok(f"{region} offers all {len(subject.types or ())} types")
    common = sorted(set.intersection(*(offered[kind.lower()] for kind in missing)))
    return fail(
        f"{region} does not offer {', '.join(missing)}",
        f"set both locations to one that does: {', '.join(common[:8]) or 'none offers all of them'}",
    )


def _offered(providers: list[dict[str, Any]]) -> dict[str, set[str]]:
    """Return the regions by type in lower case, as names (`eastus`) and not as titles (`East US`)."""
    return {
        f"{one['namespace']}/{kind['type']}".lower(): {
            place.lower().replace(" ", "") for place in kind.get("locations") or ()
        }
        for one in providers
        for kind in one.get("types") or ()
    }


_MANAGEMENT = "https://learn.microsoft.com/azure/azure-resource-manager/management/"
CHECKS = (
    Check(
        name="providers",
        title="Providers",
        link=f"{_MANAGEMENT}resource-providers-and-types",
        ask=_ask,
        judge=judge_registered,
        account=True,
    ),
    Check(
        name="region",
        title="Region",
        link=f"{_MANAGEMENT}resource-providers-and-types",
        ask=_ask,
        judge=judge_region,
        account=True,
    ),
)

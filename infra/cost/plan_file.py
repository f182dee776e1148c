"""The plan that `pulumi preview --json --show-sames` wrote, for programs that run somewhere else."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from infra.plan import Plan, PlannedResource

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SECRET_TEXT = "[secret]"  # noqa: S105 - what Pulumi prints in a secret's place
SECRET_KEY = "4dabf18193072939515e22adb298388d"  # noqa: S105 - the mark of a secret object
COMMAND = "pulumi preview --json --show-sames > plan.json"
_GONE = frozenset({"delete", "delete-replaced", "discard", "discard-replaced", "remove-pending-replace"})
_READ = frozenset({"read", "read-replacement"})
_RENAMED = {
    "documentdb": "cosmosdb",
    "insights:Component": "applicationinsights:Component",
    "insights:WebTest": "applicationinsights:WebTest",
    "insights:Workbook": "applicationinsights:Workbook",
    "insights": "monitor",
}
_GROUP, _GROUP_NAME = "azure-native:resources:ResourceGroup", "resourceGroupName"
_URN = re.compile(r"urn:pulumi:(?P<stack>[^:]+)::(?P<project>[^:]+)::(?P<type>.+)::(?P<name>.+)")


class PlanFileError(Exception):
    """Say what a plan file lacks or holds that it should not, and how to make a good one."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(f"{place}: {message}; make the file with: {COMMAND}")


def read_plan(text: str | bytes, place: str) -> Plan:
    """Return the plan of a preview's output; raise PlanFileError.

    What only the cloud knows and what is secret is None. A reference to another resource that is not
    known yet becomes that resource's own value of the same name, or else its URN.
    """
    steps = _steps(text, place)
    states = _states(steps, place)
    if not states:
        raise PlanFileError(place, "plans no resource, so there is nothing to price")
    planned = [_resource(urn, state, states) for urn, state in states.items()]
    kept = tuple(one for one in planned if one is not None)
    return Plan(stack=_parsed(next(iter(states)), place)["stack"], resources=kept)


def _steps(text: str | bytes, place: str) -> list[dict[str, Any]]:
    document = _document(text, place)
    failed = [
        str(one.get("message", "")).strip()
        for one in document.get("diagnostics") or ()
        if isinstance(one, dict) and one.get("severity") == "error"
    ]
    if failed:
        raise PlanFileError(place, f"is of a preview that failed: {failed[0]:.200}")
    steps = document.get("steps")
    if not isinstance(steps, list):
        raise PlanFileError(
            place, f"has no list 'steps' (its keys: {', '.join(map(str, document)) or 'none'})"
        )
    same = (document.get("changeSummary") or {}).get("same", 0)
    if same and not any(isinstance(step, dict) and step.get("op") == "same" for step in steps):
        raise PlanFileError(
            place,
            f"leaves out {same} unchanged resources, whose cost would be missing: "
            "it was made without --show-sames",
        )
    return steps


def _document(text: str | bytes, place: str) -> dict[str, Any]:
    try:
        # From bytes JSON finds the encoding itself: what PowerShell's > writes is UTF-16.
        document = json.loads(text)
    except ValueError as error:
        if '"sequence"' in str(text[:2000]):
            raise PlanFileError(place, "is a stream of engine events, not one JSON document") from None
        raise PlanFileError(place, f"is no JSON ({error})") from None
    if not isinstance(document, dict):
        raise PlanFileError(place, f"holds a JSON {type(document).__name__}, not an object")
    return document


def _states(steps: list[dict[str, Any]], place: str) -> dict[str, dict[str, Any]]:
    """Return the state that each resource will have, by URN."""
    states: dict[str, dict[str, Any]] = {}
    for number, step in enumerate(steps):
        if not isinstance(step, dict) or not isinstance(step.get("op"), str):
            raise PlanFileError(place, f"step {number} has no 'op'")
        if step["op"] in _GONE | _READ:
            continue
        state = step.get("newState") or step.get("oldState")
        if not isinstance(state, dict) or not isinstance(state.get("urn"), str):
            raise PlanFileError(place, f"step {number} ({step['op']}) has no 'newState' with a 'urn'")
        states[state["urn"]] = state
    return states


def _resource(
    urn: str, state: dict[str, Any], states: Mapping[str, dict[str, Any]]
) -> PlannedResource | None:
    token = canonical(str(state.get("type", "")))
    if not state.get("custom") or token.startswith("pulumi:"):
        return None
    inputs = {
        name: _resolved(name, value, state, states)
        for name, value in (state.get("inputs") or {}).items()
        if not name.startswith("__")
    }
    return PlannedResource(
        type=token,
        name=urn.rpartition("::")[2],
        inputs=_located(inputs),
        urn=urn,
        depends_on=tuple(state.get("dependencies") or ()),
    )


def _resolved(name: str, value: Any, state: dict[str, Any], states: Mapping[str, dict[str, Any]]) -> Any:
    known = _plain(value)
    if value != UNKNOWN:
        return known
    wanted = (state.get("propertyDependencies") or {}).get(name) or ()
    targets = [(urn, states[urn]) for urn in wanted if urn in states]
    for _, target in targets:
        own = _plain((target.get("inputs") or {}).get(name))
        if own is not None:
            return own
    # The group is behind nearly every value: it is meant only where nothing else is, and by no other name.
    nearer = [urn for urn, target in targets if canonical(str(target.get("type"))) != _GROUP]
    if not nearer and name.endswith("Name") and name != _GROUP_NAME:
        return None
    return next(iter(nearer or [urn for urn, _ in targets]), None)


def _plain(value: Any) -> Any:
    """Return a value without what is unknown or secret, whole numbers as integers."""
    if isinstance(value, dict):
        return None if SECRET_KEY in value else {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return None if value in (UNKNOWN, SECRET_TEXT) else value


def _located(inputs: dict[str, Any]) -> dict[str, Any]:
    """Return inputs whose region has the short name: `West Europe` is `westeurope`."""
    found = dict(inputs)
    if isinstance(found.get("location"), str):
        found["location"] = _region(found["location"])
    if isinstance(found.get("locations"), list):
        found["locations"] = list(_placed(found["locations"]))
    return found


def _placed(locations: list[Any]) -> Iterator[Any]:
    for one in locations:
        named = isinstance(one, dict) and isinstance(one.get("locationName"), str)
        yield {**one, "locationName": _region(one["locationName"])} if named else one


def _region(name: str) -> str:
    return name.replace(" ", "").lower()


def canonical(token: str) -> str:
    """Return a type token as azure-native 3 writes it: no API version, today's module."""
    package, _, rest = token.partition(":")
    if not package.startswith("azure-native"):
        return token
    module, _, kind = rest.partition(":")
    module = module.partition("/")[0]
    renamed = _RENAMED.get(f"{module}:{kind}") or _RENAMED.get(module, module)
    return f"azure-native:{renamed}" if ":" in renamed else f"azure-native:{renamed}:{kind}"


def _parsed(urn: str, place: str) -> re.Match[str]:
    found = _URN.fullmatch(urn)
    if found is None:
        raise PlanFileError(place, f"{urn!r:.120} is no URN of Pulumi")
    return found

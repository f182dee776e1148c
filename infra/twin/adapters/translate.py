"""From SDK inputs to ARM requests and back, as the azure-native provider does it. Pure; no Pulumi."""

import hashlib
import json
import uuid
from dataclasses import dataclass
from importlib import resources
from typing import Any

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
_SCOPES = ("scope", "resourceUri")


class UnknownTypeError(Exception):
    """Say that the carried map has no entry for a resource type."""

    def __init__(self, token: str, known: list[str]) -> None:
        super().__init__(f"{token} is no resource type that the twin knows; it knows {', '.join(known)}")


class MissingParameterError(Exception):
    """Say that a resource names no group, parent or scope to lie in."""


@dataclass(frozen=True, kw_only=True)
class ArmCall:
    """Hold one PUT: where, what, and in which version of the API."""

    id: str
    api_version: str
    body: dict[str, Any]


class Translator:
    """Translate for one stack of one subscription."""

    def __init__(self, stack: str, subscription: str = SUBSCRIPTION) -> None:
        carried = resources.files("infra.twin.types").joinpath("sdk.json").read_text(encoding="utf-8")
        table = json.loads(carried)
        self._tokens: dict[str, dict[str, Any]] = table["tokens"]
        self._types: dict[str, dict[str, Any]] = table["types"]
        self._stack = stack
        self._subscription = subscription

    def call(self, token: str, name: str, inputs: dict[str, Any]) -> ArmCall:
        """Return the PUT for a resource, naming it as the provider would where the program does not."""
        entry = self._entry(token)
        props = entry["props"]
        params = {key: value for key, value in inputs.items() if props.get(key, {}).get("param")}
        body: dict[str, Any] = {}
        for key, value in inputs.items():
            if key not in params:
                rule = props.get(key, {})
                _place(body, rule.get("at", [key]), self._formed(rule.get("form"), value))
        return ArmCall(id=self._id(entry, name, params), api_version=entry["api"], body=body)

    def outputs(self, token: str, answer: dict[str, Any]) -> dict[str, Any]:
        """Return what the SDK shows of a resource: its properties beside its id, name and type."""
        renamed = {
            rule["at"][-1]: key
            for key, rule in self._entry(token)["props"].items()
            if "at" in rule and rule["at"][-1] != key
        }
        properties = answer.get("properties") or {}
        flat = {renamed.get(key, key): value for key, value in properties.items()}
        return {**flat, **answer}

    def _entry(self, token: str) -> dict[str, Any]:
        entry = self._tokens.get(token.removeprefix("azure-native:"))
        if entry is None:
            raise UnknownTypeError(token, sorted(self._tokens))
        return entry

    def _formed(self, form: Any, value: Any) -> Any:
        if form is None or value is None:
            return value
        if form == "set":
            return {str(item): {} for item in value} if isinstance(value, list) else value
        if "arr" in form and isinstance(value, list):
            return [self._formed(form["arr"], item) for item in value]
        if "map" in form and isinstance(value, dict):
            return {key: self._formed(form["map"], item) for key, item in value.items()}
        if "one" in form and isinstance(value, dict):
            return self._object(form["one"], value)
        return value

    def _object(self, alternatives: list[dict[str, Any]], value: dict[str, Any]) -> dict[str, Any]:
        chosen = next((one for one in alternatives if _fits(one, value)), None)
        props = {} if chosen is None else self._types[chosen["type"]]
        placed: dict[str, Any] = {}
        for key, inner in value.items():
            rule = props.get(key, {})
            _place(placed, rule.get("at", [key]), self._formed(rule.get("form"), inner))
        return placed

    def _id(self, entry: dict[str, Any], name: str, params: dict[str, Any]) -> str:
        wanted = list(entry["params"])
        last = wanted[-1]
        given = {**params, last: params.get(last) or self._autoname(entry["auto"], name)}
        missing = [key for key in wanted if not given.get(key)]
        if missing:
            raise MissingParameterError(f"{name} ({entry['arm']}) says no {', '.join(missing)}")
        if wanted == ["resourceGroupName"]:
            return f"/subscriptions/{self._subscription}/resourceGroups/{given[last]}"
        first = given[wanted[0]]
        group = f"/subscriptions/{self._subscription}/resourceGroups/{first}"
        scope = str(first).rstrip("/") if wanted[0] in _SCOPES else group
        provider, *types = entry["arm"].split("/")
        pairs = zip(types, (given[key] for key in wanted[1:]), strict=True)
        return f"{scope}/providers/{provider}/" + "/".join(f"{kind}/{part}" for kind, part in pairs)

    def _autoname(self, how: str, name: str) -> str:
        text = f"{self._stack}|{name}"
        if how == "uuid":
            return str(uuid.uuid5(uuid.NAMESPACE_URL, text))
        return name if how == "copy" else name + hashlib.sha256(text.encode()).hexdigest()[:8]


def _place(body: dict[str, Any], path: list[str], value: Any) -> None:
    for step in path[:-1]:
        body = body.setdefault(step, {})
    body[path[-1]] = value


def _fits(alternative: dict[str, Any], value: dict[str, Any]) -> bool:
    if "when" not in alternative:
        return True
    key, wanted = alternative["when"]
    return bool(value.get(key) == wanted)

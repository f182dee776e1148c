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


class UnknownFunctionError(Exception):
    """Say that a program calls a function of the provider that the twin does not answer."""


class MissingParameterError(Exception):
    """Say that a resource names no group, parent or scope to lie in."""


@dataclass(frozen=True, kw_only=True)
class ArmCall:
    """Hold one PUT: where, what, and in which version of the API."""

    id: str
    api_version: str
    body: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class ArmReading:
    """Hold one GET: what the SDK's function for a type reads, and the token of that type."""

    token: str
    id: str
    api_version: str


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
        entry = self.entry(token)
        props = entry["props"]
        params = {key: value for key, value in inputs.items() if props.get(key, {}).get("param")}
        return ArmCall(
            id=self._id(entry, name, params), api_version=entry["api"], body=self.body(token, inputs)
        )

    def reading(self, function: str, arguments: dict[str, Any]) -> ArmReading:
        """Return the GET behind a function of the SDK, getContainerApp for instance."""
        module, _, name = function.rpartition(":")
        token = f"{module}:{name.removeprefix('get')}"
        try:
            entry = self.entry(token)
        except UnknownTypeError as error:
            raise UnknownFunctionError(
                f"the twin does not answer {function}: it answers the get... functions of the types it knows"
            ) from error
        return ArmReading(token=token, id=self._id(entry, name, arguments), api_version=entry["api"])

    def body(self, token: str, inputs: dict[str, Any]) -> dict[str, Any]:
        """Return the request body for a resource's inputs."""
        props = self.entry(token)["props"]
        body: dict[str, Any] = {}
        for key, value in inputs.items():
            rule = props.get(key, {})
            # A name that the body repeats has a place there as well.
            if not rule.get("param") or "at" in rule:
                _place(body, rule.get("at", [key]), self._formed(rule.get("form"), value))
        return body

    def outputs(self, token: str, answer: dict[str, Any]) -> dict[str, Any]:
        """Return what the SDK shows of a resource: its properties beside its id, name and type."""
        renamed = {
            rule["at"][-1]: key
            for key, rule in self.entry(token)["props"].items()
            if "at" in rule and rule["at"][-1] != key
        }
        properties = answer.get("properties") or {}
        flat = {renamed.get(key, key[:1].lower() + key[1:]): value for key, value in properties.items()}
        return {**flat, **answer}

    def live(self, token: str, inputs: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        """Return, for the inputs that a program gave, the values that they would have to have now."""
        props = self.entry(token)["props"]
        found = {}
        for key, value in inputs.items():
            rule = props.get(key, {})
            seen = _at(answer, rule.get("at", [key]))
            found[key] = (
                value if rule.get("param") or seen is None else self._unformed(rule.get("form"), seen)
            )
        return found

    def entry(self, token: str) -> dict[str, Any]:
        """Return what is known of a type; raise UnknownTypeError."""
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

    def _unformed(self, form: Any, value: Any) -> Any:
        if form is None or value is None:
            return value
        if form == "set":
            return list(value)
        if "arr" in form and isinstance(value, list):
            return [self._unformed(form["arr"], item) for item in value]
        if "map" in form and isinstance(value, dict):
            return {key: self._unformed(form["map"], item) for key, item in value.items()}
        if "one" in form and isinstance(value, dict):
            return self._flat(form["one"], value)
        return value

    def _flat(self, alternatives: list[dict[str, Any]], value: dict[str, Any]) -> dict[str, Any]:
        chosen = next((one for one in alternatives if _fits(one, value)), None)
        props = {} if chosen is None else self._types[chosen["type"]]
        moved = {rule["at"][0] for rule in props.values() if "at" in rule}
        placed = {key: inner for key, inner in value.items() if key not in moved}
        for key, rule in props.items():
            seen = _at(value, rule.get("at", [key]))
            if seen is not None:
                placed[key] = self._unformed(rule.get("form"), seen)
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
        names = [given[key] for key in wanted]
        for at, fixed in entry.get("fixed", {}).items():
            names.insert(int(at), fixed)
        pairs = zip(types, names[1:], strict=True)
        return f"{scope}/providers/{provider}/" + "/".join(f"{kind}/{part}" for kind, part in pairs)

    def autonamed(self, token: str, name: str) -> str:
        """Return the name that the provider gives a resource whose program names it not."""
        return self._autoname(self.entry(token)["auto"], name)

    def _autoname(self, how: str, name: str) -> str:
        text = f"{self._stack}|{name}"
        if how == "uuid":
            return str(uuid.uuid5(uuid.NAMESPACE_URL, text))
        return name if how == "copy" else name + hashlib.sha256(text.encode()).hexdigest()[:8]


def _at(body: Any, path: list[str]) -> Any:
    for step in path:
        body = body.get(step) if isinstance(body, dict) else None
    return body


def _place(body: dict[str, Any], path: list[str], value: Any) -> None:
    for step in path[:-1]:
        body = body.setdefault(step, {})
    body[path[-1]] = value


def _fits(alternative: dict[str, Any], value: dict[str, Any]) -> bool:
    if "when" not in alternative:
        return True
    key, wanted = alternative["when"]
    return bool(value.get(key) == wanted)

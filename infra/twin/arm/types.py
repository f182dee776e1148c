"""Azure's request types: which types and API versions exist, and whether a body fits."""

import json
import re
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from infra.twin.types.versions import other_versions

_WHOLE = re.compile(r"-?\d{1,18}")
REQUIRED, READ_ONLY, WRITE_ONLY = 1, 2, 4
ENVELOPE = frozenset({"id", "name", "type", "apiVersion"})


@dataclass(frozen=True, kw_only=True)
class Misfit:
    """Say where a body does not fit its type, in ARM's words, and what would."""

    kind: Literal["unknown", "invalid"]
    path: str
    message: str
    allowed: str


@dataclass(frozen=True, kw_only=True)
class ResourceType:
    """Describe one resource type that the twin knows."""

    name: str
    token: str
    api_versions: tuple[str, ...]
    """The version whose type is carried, then the others that Azure has."""
    body: int
    name_rule: dict[str, Any]


@dataclass
class TypeTable:
    """Hold the carried types and fit bodies to them."""

    resources: dict[str, ResourceType]
    types: list[dict[str, Any]]

    @classmethod
    def load(cls) -> "TypeTable":
        """Return the table that the package carries."""
        return _carried()

    def find(self, name: str) -> ResourceType | None:
        """Return a type by its full name, without regard to case."""
        return self.resources.get(name.lower())

    def namespaces(self) -> set[str]:
        """Return the resource providers, in lower case."""
        return {key.split("/")[0] for key in self.resources}

    def fit(self, resource: ResourceType, body: dict[str, Any]) -> tuple[dict[str, Any], list[Misfit]]:
        """Return the body in canonical spelling without read-only properties, and what does not fit."""
        fitting = _Fitting(self.types)
        fitted = fitting.visit(resource.body, body, "")
        return fitted, fitting.misfits

    def shown(self, resource: ResourceType, body: dict[str, Any]) -> dict[str, Any]:
        """Return the body as GET shows it: without what can only be written."""
        shown = _hidden(self.types, resource.body, body)
        return dict(shown)

    def fit_name(self, resource: ResourceType, name: str) -> Misfit | None:
        """Return why a name is not legal for the type, or None."""
        fitting = _Fitting([resource.name_rule])
        fitting.visit(0, name, "name")
        return fitting.misfits[0] if fitting.misfits else None


@cache
def _carried() -> TypeTable:
    data = json.loads(files("infra.twin.types").joinpath("arm.json").read_text(encoding="utf-8"))
    resources = {
        name.lower(): ResourceType(
            name=name,
            token=entry["token"],
            api_versions=(*entry["apiVersions"], *other_versions().get(entry["token"], ())),
            body=entry["body"],
            name_rule=entry["name"],
        )
        for name, entry in data["resources"].items()
    }
    return TypeTable(resources, data["types"])


@dataclass
class _Fitting:
    types: list[dict[str, Any]]
    misfits: list[Misfit] = field(default_factory=list)

    def visit(self, index: int, value: Any, path: str, limits: dict[str, Any] | None = None) -> Any:
        """Return `value` as its type would read it; what does not fit is noted and passed through."""
        definition = self.types[index]
        visits = {
            "ObjectType": self._object,
            "DiscriminatedObjectType": self._discriminated,
            "ArrayType": self._array,
            "UnionType": self._union,
            "StringLiteralType": self._constant,
            "StringType": self._string,
            "IntegerType": self._number,
            "BooleanType": self._boolean,
        }
        visit = visits.get(definition["k"])
        return value if visit is None else visit({**definition, **(limits or {})}, value, path)

    def _invalid(self, path: str, message: str, allowed: str) -> None:
        self.misfits.append(Misfit(kind="invalid", path=path, message=message, allowed=allowed))

    def _wrong_type(self, value: Any, expected: str, path: str) -> Any:
        shown = json.dumps(value)[:120]
        self._invalid(
            path, f"Error converting value {shown} to type '{expected}'. Path '{path}'.", f"a {expected}"
        )
        return value

    def _object(self, definition: dict[str, Any], value: Any, path: str) -> Any:
        if not isinstance(value, dict):
            return self._wrong_type(value, "object", path)
        fitted: dict[str, Any] = {}
        for name, item in value.items():
            if item is not None:
                self._member(definition, name, item, path, fitted)
        self._required(definition, fitted, path)
        return fitted

    def _member(
        self, definition: dict[str, Any], name: str, item: Any, path: str, fitted: dict[str, Any]
    ) -> None:
        known = definition["p"]
        canonical = (
            name if name in known else next((key for key in known if key.lower() == name.lower()), None)
        )
        inner = f"{path}.{name}" if path else name
        if canonical is not None:
            rule = known[canonical]
            if path == "" and canonical in ENVELOPE:
                return
            if not rule.get("f", 0) & READ_ONLY:
                fitted[canonical] = self.visit(rule["t"], item, inner, _limits(rule))
        elif "ap" in definition:
            fitted[name] = self.visit(definition["ap"], item, inner)
        else:
            kind = definition.get("n", "object")
            message = f"Could not find member '{name}' on object of type '{kind}'. Path '{inner}'."
            allowed = ", ".join(
                sorted(key for key, rule in known.items() if not rule.get("f", 0) & READ_ONLY)
            )
            self.misfits.append(Misfit(kind="unknown", path=inner, message=message, allowed=allowed))

    def _required(self, definition: dict[str, Any], fitted: dict[str, Any], path: str) -> None:
        for name, rule in definition["p"].items():
            flags = rule.get("f", 0)
            envelope = path == "" and name in ENVELOPE
            if flags & REQUIRED and not flags & READ_ONLY and name not in fitted and not envelope:
                inner = f"{path}.{name}" if path else name
                self._invalid(
                    inner, f"Required property '{name}' not found in JSON. Path '{path}'.", "a value"
                )

    def _discriminated(self, definition: dict[str, Any], value: Any, path: str) -> Any:
        if not isinstance(value, dict):
            return self._wrong_type(value, "object", path)
        kinds = {name.lower(): index for name, index in definition["e"].items()}
        chosen = value.get(definition["d"])
        if not isinstance(chosen, str) or chosen.lower() not in kinds:
            inner = f"{path}.{definition['d']}"
            legal = ", ".join(definition["e"])
            self._invalid(
                inner, f"Error converting value {json.dumps(chosen)} to a type. Path '{inner}'.", legal
            )
            return value
        variant = self.types[kinds[chosen.lower()]]
        return self._object({**variant, "p": {**definition["p"], **variant["p"]}}, value, path)

    def _array(self, definition: dict[str, Any], value: Any, path: str) -> Any:
        if not isinstance(value, list):
            return self._wrong_type(value, "array", path)
        if len(value) > definition.get("maxLength", len(value)):
            most = definition["maxLength"]
            self._invalid(path, f"'{path}' has {len(value)} items.", f"at most {most} items")
        return [self.visit(definition["i"], item, f"{path}[{index}]") for index, item in enumerate(value)]

    def _union(self, definition: dict[str, Any], value: Any, path: str) -> Any:
        members = [self.types[index] for index in definition["e"]]
        literals = [member["v"] for member in members if member["k"] == "StringLiteralType"]
        if len(literals) == len(members):
            return self._literal(literals, value, path)
        if isinstance(value, str):
            return next((known for known in literals if known.lower() == value.lower()), value)
        return self._first_fit(definition["e"], value, path)

    def _first_fit(self, indices: list[int], value: Any, path: str) -> Any:
        attempts = []
        for index in indices:
            attempt = _Fitting(self.types)
            fitted = attempt.visit(index, value, path)
            if not attempt.misfits:
                return fitted
            attempts.append(attempt)
        self.misfits += min(attempts, key=lambda attempt: len(attempt.misfits)).misfits
        return value

    def _literal(self, legal: list[str], value: Any, path: str) -> Any:
        if isinstance(value, str):
            for known in legal:
                if known.lower() == value.lower():
                    return known
        shown = json.dumps(value)[:120]
        self._invalid(
            path, f"Error converting value {shown} to type 'Enum'. Path '{path}'.", ", ".join(legal)
        )
        return value

    def _constant(self, definition: dict[str, Any], value: Any, path: str) -> Any:
        return self._literal([definition["v"]], value, path)

    def _string(self, definition: dict[str, Any], value: Any, path: str) -> Any:
        if not isinstance(value, str):
            return self._wrong_type(value, "string", path)
        low, high = definition.get("minLength", 0), definition.get("maxLength")
        if len(value) < low or (high is not None and len(value) > high):
            allowed = f"{low} to {high if high is not None else 'any number of'} characters"
            self._invalid(path, f"The length of '{value:.80}' at '{path}' is {len(value)}.", allowed)
        elif "pattern" in definition and not re.search(definition["pattern"], value):
            self._invalid(
                path, f"'{value:.80}' at '{path}' is not legal.", f"a match of {definition['pattern']}"
            )
        return value

    def _number(self, limits: dict[str, Any], value: Any, path: str) -> Any:
        whole = not limits.get("number")
        if isinstance(value, str) and _WHOLE.fullmatch(value):
            value = int(value)  # Azure reads digits in quotes; az sends traffic weights so
        legal = isinstance(value, int) or (isinstance(value, float) and (not whole or value.is_integer()))
        if isinstance(value, bool) or not legal:
            return self._wrong_type(value, "integer" if whole else "number", path)
        low = limits.get("min", limits.get("minValue"))
        high = limits.get("max", limits.get("maxValue"))
        if (low is not None and value < low) or (high is not None and value > high):
            allowed = f"{'' if low is None else low} to {'' if high is None else high}".strip()
            self._invalid(path, f"The value {value} of '{path}' is out of range.", allowed)
        return int(value) if whole else value

    def _boolean(self, _: dict[str, Any], value: Any, path: str) -> Any:
        return value if isinstance(value, bool) else self._wrong_type(value, "boolean", path)


def _limits(rule: dict[str, Any]) -> dict[str, Any]:
    return {key: rule[key] for key in ("min", "max", "number") if key in rule}


def _hidden(types: list[dict[str, Any]], index: int, value: Any) -> Any:
    definition = types[index]
    if isinstance(value, list) and "i" in definition:
        return [_hidden(types, definition["i"], item) for item in value]
    if not isinstance(value, dict) or "p" not in definition:
        return value
    members = dict(definition["p"])
    if isinstance(definition.get("e"), dict):
        variant = definition["e"].get(value.get(definition["d"]))
        members |= types[variant]["p"] if variant is not None else {}
    shown = {}
    for name, item in value.items():
        rule = members.get(name, {})
        if not rule.get("f", 0) & WRITE_ONLY:
            shown[name] = _hidden(types, rule["t"], item) if "t" in rule else item
    return shown

"""Azure's built-in roles: what each one grants."""

import re
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@dataclass(frozen=True, kw_only=True)
class RoleDefinition:
    """Hold one role; patterns have `*` for any text, and compare without regard to case."""

    id: str
    name: str
    actions: tuple[str, ...] = field(default=())
    not_actions: tuple[str, ...] = field(default=())
    data_actions: tuple[str, ...] = field(default=())

    def grants(self, action: str) -> bool:
        """Say whether the role allows an action of the control plane."""
        return _any(self.actions, action) and not _any(self.not_actions, action)

    def grants_data(self, action: str) -> bool:
        """Say whether the role allows an action of a data plane."""
        return _any(self.data_actions, action)

    def wire(self, subscription: str) -> dict[str, Any]:
        """Return the definition as ARM shows it."""
        permission = {
            "actions": list(self.actions),
            "notActions": list(self.not_actions),
            "dataActions": list(self.data_actions),
            "notDataActions": [],
        }
        kind = "Microsoft.Authorization/roleDefinitions"
        return {
            "id": f"/subscriptions/{subscription}/providers/{kind}/{self.id}",
            "name": self.id,
            "type": kind,
            "properties": {
                "roleName": self.name,
                "type": "BuiltInRole",
                "description": f"The built-in role {self.name}.",
                "assignableScopes": ["/"],
                "permissions": [permission],
            },
        }


@cache
def definitions() -> dict[str, RoleDefinition]:
    """Return the built-in roles by id."""
    text = files("infra.twin.identity").joinpath("roles.yaml").read_text(encoding="utf-8")
    return {entry["id"]: _read(entry) for entry in yaml.safe_load(text)}


def _read(entry: dict[str, Any]) -> RoleDefinition:
    lists = {name: tuple(value) for name, value in entry.items() if isinstance(value, list)}
    return RoleDefinition(id=entry["id"], name=entry["name"], **lists)


def _any(patterns: tuple[str, ...], action: str) -> bool:
    return any(_pattern(pattern).fullmatch(action) for pattern in patterns)


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text).replace(r"\*", ".*"), re.IGNORECASE)

"""What things are called on Azure: pure rules within each type's limits. Imports no Pulumi."""

import hashlib
import re
import uuid
from dataclasses import dataclass

_NAMESPACE = uuid.UUID("5ea7a1a1-0000-5000-8000-000000000000")
_CUT = 6


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Bound the names of one resource type; `joint` is empty where hyphens are refused."""

    prefix: str
    shortest: int
    longest: int
    joint: str = "-"
    in_the_world: bool = False
    """Whether the name is taken for everyone, so that it needs a token of its own."""


RULES = {
    "group": Rule(prefix="rg", shortest=1, longest=90),
    "identity": Rule(prefix="id", shortest=3, longest=128),
    "registry": Rule(prefix="cr", shortest=5, longest=50, joint="", in_the_world=True),
    "cosmos": Rule(prefix="cosmos", shortest=3, longest=44, in_the_world=True),
    "model": Rule(prefix="oai", shortest=2, longest=64, in_the_world=True),
    "logs": Rule(prefix="log", shortest=4, longest=63),
    "telemetry": Rule(prefix="appi", shortest=1, longest=255),
    "environment": Rule(prefix="cae", shortest=2, longest=32),
    "app": Rule(prefix="ca", shortest=2, longest=32),
    "front_door": Rule(prefix="afd", shortest=1, longest=90),
    "front_door_endpoint": Rule(prefix="fde", shortest=1, longest=46),
    "firewall": Rule(prefix="waf", shortest=1, longest=128, joint=""),
    "redis": Rule(prefix="redis", shortest=1, longest=60, in_the_world=True),
    "certificate": Rule(prefix="mc", shortest=1, longest=60),
    "job": Rule(prefix="caj", shortest=2, longest=32),
    "diagnostics": Rule(prefix="diag", shortest=1, longest=260),
    "action_group": Rule(prefix="ag", shortest=1, longest=260),
    "alert": Rule(prefix="alert", shortest=1, longest=260),
    "web_test": Rule(prefix="test", shortest=1, longest=64),
    "workbook": Rule(prefix="agents", shortest=1, longest=100),
    "state": Rule(prefix="st", shortest=3, longest=24, joint="", in_the_world=True),
    "vault": Rule(prefix="kv", shortest=3, longest=24, in_the_world=True),
    "network": Rule(prefix="vnet", shortest=2, longest=64),
    "private_endpoint": Rule(prefix="pep", shortest=1, longest=64),
    "budget": Rule(prefix="budget", shortest=1, longest=63),
}


@dataclass(frozen=True, kw_only=True)
class Names:
    """Name every resource of one stack; `token` sets this deployment's world-wide names apart."""

    project: str
    stack: str
    token: str = ""

    def of(self, kind: str, *more: str) -> str:
        """Return the name of a resource of one kind of RULES; `more` tells two of a kind apart."""
        rule = RULES[kind]
        token = self.token if rule.in_the_world else ""
        parts = [rule.prefix, *map(_plain, (self.project, self.stack, *more)), token]
        name = rule.joint.join(part for part in parts if part)
        if not rule.joint:
            name = name.replace("-", "")
        return name if len(name) <= rule.longest else _shortened(name, token, rule)

    @property
    def short(self) -> str:
        """Return the name that alerts show in text messages, at most 12 characters."""
        return f"{_plain(self.project)[:6]}{_plain(self.stack)[:6]}"


def _plain(text: str) -> str:
    """Return text in lower-case letters, digits and hyphens; a hash keeps apart what lost characters."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return plain if plain == text else f"{plain}-{_hash(text)}".strip("-")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_CUT]


def _shortened(name: str, token: str, rule: Rule) -> str:
    """Return a name cut to the limit, ending in a hash of what was cut and the token."""
    tail = rule.joint.join(part for part in (_hash(name), token) if part)
    head = name[: rule.longest - len(tail) - len(rule.joint)].rstrip("-")
    return f"{head}{rule.joint}{tail}"


def token(resource_group_id: str, suffix: str = "") -> str:
    """Return eight letters and digits that are this resource group's own; `suffix` gives others."""
    text = f"{resource_group_id.lower()}|{suffix}"
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def assignment(scope: str, principal_id: str, role: str) -> str:
    """Return the GUID that names a role assignment: one per scope, principal and role, always the same."""
    return str(uuid.uuid5(_NAMESPACE, f"{scope.lower()}|{principal_id.lower()}|{role.lower()}"))


def workbook(component: str, kind: str) -> str:
    """Return the GUID that names a workbook: one per component and kind, always the same."""
    return str(uuid.uuid5(_NAMESPACE, f"{component.lower()}|workbook|{kind}"))


def subscription_of(resource_id: str) -> str:
    """Return the `/subscriptions/ID` part of a resource id."""
    return "/".join(resource_id.split("/")[:3])


def version_of(image: str) -> str:
    """Return the short version that an image reference stands for: its tag, or part of its digest."""
    name, _, digest = image.partition("@sha256:")
    tag = name.rpartition("/")[2].partition(":")[2]
    return tag or digest[:12]


def url_of(host: str) -> str:
    """Return the address of an app's host; `localhost` alone has no certificate."""
    return f"http://{host}" if host.partition(":")[0] == "localhost" else f"https://{host}"

"""Conditions of role assignments: the expressions that limit whom an identity may give which role.

The format is Azure's (https://learn.microsoft.com/azure/role-based-access-control/conditions-format), as far
as the attributes of role assignments go. Three answers: it holds, it does not, or that is not known here.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

_ASSIGNMENT = "microsoft.authorization/roleassignments:"
_TOKEN = re.compile(
    r"\s*(?:(?P<mark>[()!]|&&|\|\|)|(?P<word>(?:AND|OR)\b)|ActionMatches\s*\{'(?P<action>[^']*)'\}"
    r"|@(?P<source>\w+)\[(?P<attribute>[^\]]+)\]\s*(?P<operator>[A-Za-z:]+)\s*(?P<values>\{[^}]*\}|'[^']*'|\S+))"
)
_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda seen, wanted: seen == wanted,
    "StringNotEquals": lambda seen, wanted: seen != wanted,
    "StringEqualsIgnoreCase": lambda seen, wanted: seen.lower() == wanted.lower(),
    "StringNotEqualsIgnoreCase": lambda seen, wanted: seen.lower() != wanted.lower(),
    "GuidEquals": lambda seen, wanted: seen.lower() == wanted.lower(),
    "GuidNotEquals": lambda seen, wanted: seen.lower() != wanted.lower(),
}
Answer = bool | None


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Hold what a condition is about; a side of None is not known (yet).

    `request` and `resource` have the attributes of a role assignment by their names in lower case.
    """

    action: str
    request: Mapping[str, str] | None = None
    resource: Mapping[str, str] | None = None


Judge = Callable[[Facts], Answer]


class _UnreadableError(Exception):
    """Say that an expression has something that is not evaluated here."""


def holds(condition: str, facts: Facts) -> Answer:
    """Return whether a condition holds; None when the facts do not tell, or the expression is not known."""
    judge = _judge(condition)
    return None if judge is None else judge(facts)


def evaluated(condition: str) -> bool:
    """Say whether the twin understands a condition."""
    return _judge(condition) is not None


def attributes(properties: Mapping[str, Any], principal_type: str | None = None) -> dict[str, str]:
    """Return what conditions may ask of a role assignment with these properties."""
    role = str(properties.get("roleDefinitionId", "")).rstrip("/").rpartition("/")[2]
    kind = properties.get("principalType") or principal_type or "User"
    return {
        "roledefinitionid": role,
        "principaltype": str(kind),
        "principalid": str(properties.get("principalId", "")),
    }


@cache
def _judge(condition: str) -> Judge | None:
    try:
        tokens = list(_tokens(condition))
        judge, rest = _either(tokens)
    except (_UnreadableError, IndexError):
        return None
    return None if rest else judge


def _tokens(text: str) -> Iterator[str | Judge]:
    at, text = 0, text.strip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise _UnreadableError(text[at:])
        at = found.end()
        if found["action"] is not None:
            yield _action(found["action"])
        elif found["attribute"] is not None:
            yield _comparison(found)
        else:
            yield {"&&": "AND", "||": "OR"}.get(
                found["mark"] or found["word"], found["mark"] or found["word"]
            )


def _either(tokens: list[str | Judge]) -> tuple[Judge, list[str | Judge]]:
    judge, rest = _both(tokens)
    while rest and rest[0] == "OR":
        other, rest = _both(rest[1:])
        judge = _joined(judge, other, decided=True)
    return judge, rest


def _both(tokens: list[str | Judge]) -> tuple[Judge, list[str | Judge]]:
    judge, rest = _single(tokens)
    while rest and rest[0] == "AND":
        other, rest = _single(rest[1:])
        judge = _joined(judge, other, decided=False)
    return judge, rest


def _single(tokens: list[str | Judge]) -> tuple[Judge, list[str | Judge]]:
    first, rest = tokens[0], tokens[1:]
    if first == "!":
        judge, rest = _single(rest)
        return _negated(judge), rest
    if first == "(":
        judge, rest = _either(rest)
        if rest[0] != ")":
            raise _UnreadableError(str(rest[0]))
        return judge, rest[1:]
    if isinstance(first, str):
        raise _UnreadableError(first)
    return first, rest


def _joined(one: Judge, other: Judge, *, decided: bool) -> Judge:
    """Join two judges: the answer `decided` of either settles it, for OR that is yes, for AND no."""

    def judge(facts: Facts) -> Answer:
        answers = {one(facts), other(facts)}
        return decided if decided in answers else None if None in answers else not decided

    return judge


def _negated(judge: Judge) -> Judge:
    def negated(facts: Facts) -> Answer:
        answer = judge(facts)
        return None if answer is None else not answer

    return negated


def _action(pattern: str) -> Judge:
    wanted = re.compile(re.escape(pattern).replace(r"\*", ".*"), re.IGNORECASE)
    return lambda facts: wanted.fullmatch(facts.action) is not None


def _comparison(found: re.Match[str]) -> Judge:
    source, attribute = found["source"].lower(), found["attribute"].lower()
    quantifier, _, operator = found["operator"].rpartition(":")
    compare = _COMPARISONS.get(operator)
    if compare is None or source not in {"request", "resource"} or not attribute.startswith(_ASSIGNMENT):
        raise _UnreadableError(found[0])
    name = attribute.removeprefix(_ASSIGNMENT)
    wanted = [value.strip().strip("'") for value in found["values"].strip("{}").split(",")]
    every = all if quantifier.endswith("AllValues") else any

    def judge(facts: Facts) -> Answer:
        side = facts.request if source == "request" else facts.resource
        if side is None or name not in side:
            return None
        return every(compare(side[name], value) for value in wanted)

    return judge

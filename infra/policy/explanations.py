"""What every code means: the findings', then the policies'."""

from infra.findings.catalogue import Explanation, UnknownCodeError, catalogue
from infra.policy.catalogue import Rule, rules


def explanations() -> dict[str, Explanation]:
    """Return the explanation of every code that a report may show, in order."""
    return {**catalogue(), **{code: _explanation(rule) for code, rule in rules().items()}}


def explain(code: str) -> Explanation:
    """Return the explanation of a code, upper or lower case; raise UnknownCodeError when there is none."""
    entry = explanations().get(code.strip().upper())
    if entry is None:
        raise UnknownCodeError(code, list(catalogue()), list(rules()))
    return entry


def _explanation(rule: Rule) -> Explanation:
    return Explanation(
        code=rule.code,
        title=f"{rule.title} ({rule.severity} policy)",
        meaning=rule.reason,
        causes=(f"For instance: {rule.example.what}",),
        fixes=rule.fixes,
        links=rule.links,
    )

"""docs/policies.md, written from the rules: `python -m infra.policy.document > docs/policies.md`."""

import json
import sys
from importlib.resources import files

from infra.policy.catalogue import Example, Rule, rules
from infra.policy.checks import OF_PLAN
from infra.policy.limits import Limits, limits_from


def document() -> str:
    """Return the page."""
    head = files("infra.policy").joinpath("document.md").read_text(encoding="utf-8")
    parts = [head, _bounds(limits_from({})), "\n## Rules\n\n", _table()]
    return "".join(parts) + "".join(map(_section, rules().values()))


def _bounds(limits: Limits) -> str:
    rows = [f"| `{name}` | {_said(value)} |" for name, value in limits.model_dump(by_alias=True).items()]
    return "\n".join(("| bound | common value |", "|---|---|", *rows)) + "\n"


def _table() -> str:
    rows = [f"| {one.code} | {one.name} | {one.severity} | {one.title} |" for one in rules().values()]
    return "\n".join(("| code | name | severity | what is refused |", "|---|---|---|---|", *rows)) + "\n"


def _section(rule: Rule) -> str:
    asked = "of the stack as a whole" if rule.name in OF_PLAN else "of each resource"
    fixes = "".join(f"- {fix}\n" for fix in rule.fixes)
    links = "".join(f"- <{link}>\n" for link in rule.links)
    return (
        f"\n### {rule.code} {rule.title}\n\n{rule.severity.capitalize()}, asked {asked}. {rule.reason}\n\n"
        f"{fixes}{links}\nViolating example: {rule.example.what}\n\n{_example(rule.example)}"
    )


def _example(example: Example) -> str:
    settings = [f"--set '{key}={json.dumps(value)}'" for key, value in example.set.items()]
    lines = [f"```\nseatrial policy --stack dev {' '.join(settings)}\n```\n"] if settings else []
    for edit in example.edits:
        removed = "".join(f"-{line}\n" for line in edit.find.rstrip("\n").split("\n"))
        added = "".join(f"+{line}\n" for line in edit.replace.rstrip("\n").split("\n") if line)
        lines.append(f"```diff\n# {edit.file}\n{removed}{added}```\n")
    return "".join(lines)


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "allowed" if value else "forbidden"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else f"{value:g}"


if __name__ == "__main__":
    sys.stdout.write(document())

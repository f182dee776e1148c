"""The rules as people read them, from the data file beside this module."""

from functools import cache
from importlib.resources import files
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, HttpUrl, model_validator

from infra.mistakes.catalogue import Edit


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Example(_Data):
    """Break a rule as a person might: by settings of the stack file, or by edits of the program."""

    what: str
    set: dict[str, Any] = {}
    edits: tuple[Edit, ...] = ()

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if bool(self.set) == bool(self.edits):
            raise ValueError(
                f"example {self.what!r} has set {self.set!r} and {len(self.edits)} edits: use one"
            )
        return self


class Rule(_Data):
    """Describe one rule: a mandatory one stops a deployment, an advisory one is only told."""

    name: str = Field(pattern=r"^[a-z]+(-[a-z]+)*$")
    code: str = Field(pattern=r"^ST1\d{2}$")
    severity: Literal["mandatory", "advisory"]
    title: str
    reason: str
    fixes: tuple[str, ...] = Field(min_length=1)
    links: tuple[HttpUrl, ...] = ()
    example: Example

    @property
    def mandatory(self) -> bool:
        """Say whether breaking this rule stops a deployment."""
        return self.severity == "mandatory"


@cache
def rules() -> dict[str, Rule]:
    """Return every rule by its code, in order."""
    text = files("infra.policy").joinpath("catalogue.yaml").read_text(encoding="utf-8")
    entries = (Rule.model_validate({"name": name, **entry}) for name, entry in yaml.safe_load(text).items())
    return {rule.code: rule for rule in sorted(entries, key=lambda rule: rule.code)}


def rule_named(name: str) -> Rule:
    """Return the rule of a name that a check has."""
    return next(rule for rule in rules().values() if rule.name == name)

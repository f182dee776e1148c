"""The seeded mistakes, read from the data file beside this module."""

from functools import cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field


class UnknownMistakeError(Exception):
    """Say that no mistake has this name."""

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(f"no seeded mistake is called {name!r}; there are: {', '.join(known)}")


class Edit(BaseModel):
    """Replace one text, found exactly once in one file, by another."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    find: str = Field(min_length=1)
    replace: str


class Mistake(BaseModel):
    """Describe one mistake: the edits that make it and the finding that it must lead to.

    An advisory one stops no deployment, in Azure as here: its finding is told as advice.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z]+$")
    title: str
    code: str = Field(pattern=r"^ST\d{3}$")
    modes: tuple[Literal["process", "docker"], ...] = ("process", "docker")
    not_shown: str | None = None
    advisory: bool = False
    edits: tuple[Edit, ...] = Field(min_length=1)


@cache
def mistakes() -> dict[str, Mistake]:
    """Return the seeded mistakes by name, in the order of the file."""
    text = files("infra.mistakes").joinpath("catalogue.yaml").read_text(encoding="utf-8")
    raw: dict[str, dict[str, object]] = yaml.safe_load(text)
    return {name: Mistake.model_validate({"name": name, **entry}) for name, entry in raw.items()}


def mistake(name: str) -> Mistake:
    """Return one mistake; raise UnknownMistakeError with the names that there are."""
    known = mistakes()
    if name not in known:
        raise UnknownMistakeError(name, list(known))
    return known[name]

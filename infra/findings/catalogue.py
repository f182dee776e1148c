"""The explanation of every finding code, read from the data file beside this module."""

from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict, Field, HttpUrl


class UnknownCodeError(Exception):
    """Say that no finding has this code."""

    def __init__(self, code: str, *ranges: list[str]) -> None:
        known = " and ".join(f"{codes[0]} to {codes[-1]}" for codes in ranges)
        super().__init__(f"no finding has the code {code!r}; known are {known}")


class Explanation(BaseModel):
    """Explain one finding code: what it means in Azure, why it happens, what helps."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str = Field(pattern=r"^ST\d{3}$")
    title: str
    meaning: str
    causes: tuple[str, ...] = Field(min_length=1)
    fixes: tuple[str, ...] = Field(min_length=1)
    links: tuple[HttpUrl, ...] = ()


@cache
def catalogue() -> dict[str, Explanation]:
    """Return every explanation by its code, in order."""
    text = files("infra.findings").joinpath("catalogue.yaml").read_text(encoding="utf-8")
    entries = (
        Explanation.model_validate({"code": code, **entry}) for code, entry in yaml.safe_load(text).items()
    )
    return {entry.code: entry for entry in sorted(entries, key=lambda entry: entry.code)}


def explain(code: str) -> Explanation:
    """Return the explanation of a code, upper or lower case; raise UnknownCodeError when there is none."""
    known = catalogue()
    entry = known.get(code.strip().upper())
    if entry is None:
        raise UnknownCodeError(code, list(known))
    return entry

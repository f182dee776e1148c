"""A finding: something that would go wrong on Azure, with its stable code."""

from pydantic import BaseModel, ConfigDict, Field


class Finding(BaseModel):
    """Name what is wrong, where, in whose words, and the next step."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str = Field(pattern=r"^ST\d{3}$")
    resource: str
    message: str
    fix: str

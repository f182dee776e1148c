"""What a sub-agent hands back."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Report(BaseModel):
    """Carry what one sub-agent found; `text` is written by code from `outputs`."""

    model_config = ConfigDict(frozen=True)

    agent: str
    done: bool = True
    text: str = ""
    hints: list[str] = Field(default_factory=list)
    missing: list[str] = Field(default_factory=list)
    outputs: dict[str, Any] = Field(default_factory=dict)

"""What a verification found, check by check."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class CheckFailedError(Exception):
    """Say no: what was seen, what was expected, and the evidence so far."""

    def __init__(self, detail: str, **evidence: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.evidence = evidence


class Check(BaseModel):
    """Tell how one check went, with what anyone needs to look the same thing up.

    A skipped check is a no as well: an earlier one left it nothing to look at.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    ok: bool
    seconds: float
    detail: str
    evidence: dict[str, Any] = Field(default_factory=dict)
    skipped: bool = False


class VerifyReport(BaseModel):
    """Hold every check of one app; `left_out` says which could not be made, and why."""

    model_config = ConfigDict(frozen=True)

    url: str
    ok: bool
    seconds: float
    model: str | None
    checks: tuple[Check, ...]
    left_out: tuple[str, ...] = ()

    def failed(self) -> tuple[Check, ...]:
        """Return the checks that said no."""
        return tuple(check for check in self.checks if not check.ok)

    def causes(self) -> tuple[Check, ...]:
        """Return the checks that said no by themselves."""
        return tuple(check for check in self.failed() if not check.skipped)

"""What a release found, in the shapes that its verbs print as JSON."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from infra.verify.report import VerifyReport

Action = Literal["deployed", "rolled back", "stopped", "roll back failed"]


class Frozen(BaseModel):
    """Hold facts that nobody changes afterwards; unknown members of newer reports are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Step(Frozen):
    """Name one change that the engine would make; values are left out, a report is for everyone's eyes."""

    op: str
    type: str
    name: str
    paths: tuple[str, ...] = ()


class PlanReport(Frozen):
    """Hold what the engine would do to a stack; `ok` is false when it could not say."""

    stack: str
    ok: bool
    refreshed: bool = False
    steps: tuple[Step, ...] = ()
    same: int = 0
    messages: tuple[str, ...] = ()

    @property
    def drifted(self) -> bool:
        """Say whether what runs is not what the program and the last deployment's configuration describe."""
        return self.ok and bool(self.steps)


class Stage(Frozen):
    """Say how long one stage took."""

    name: str
    seconds: float


class PromotionReport(Frozen):
    """Hold what one deployment did: the image before and now, the proof, and whether it was taken back."""

    stack: str
    ok: bool
    action: Action
    image: str | None = None
    digest: str | None = None
    previous: str | None = None
    url: str | None = None
    stages: tuple[Stage, ...] = ()
    verify: VerifyReport | None = None
    messages: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """Return 0 when the new image runs, 3 when the proof said no, else 1."""
        if self.ok:
            return 0
        proved = self.verify is not None and self.action != "roll back failed"
        return 3 if proved else 1

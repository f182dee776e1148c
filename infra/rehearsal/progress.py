"""What happens during a rehearsal, for whoever shows it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class StageStarted:
    """Say that a stage begins."""

    name: str


@dataclass(frozen=True)
class StageEnded:
    """Say that a stage is over, after how long and with what."""

    name: str
    seconds: float
    detail: str


@dataclass(frozen=True)
class ResourceMoved:
    """Say that a resource is being created, is there, or was refused."""

    type: str
    name: str
    status: str
    seconds: float | None


@dataclass(frozen=True)
class Note:
    """Say one line that belongs to no stage."""

    text: str


Progress = StageStarted | StageEnded | ResourceMoved | Note
Sink = Callable[[Progress], None]

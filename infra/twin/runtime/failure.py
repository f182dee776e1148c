"""What can keep a replica from serving, as it was seen."""

from dataclasses import dataclass
from typing import Literal

from infra.twin.runtime.engine import Exit, Listener
from infra.twin.runtime.probes import Attempt
from infra.twin.runtime.spec import ProbeSpec

Kind = Literal["engine", "exited", "startup", "readiness", "unreachable", "target"]


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Hold the evidence; `detail` is the engine's or the network's own message."""

    kind: Kind
    container: str
    detail: str = ""
    exit: Exit | None = None
    attempt: Attempt | None = None
    probe: ProbeSpec | None = None
    listeners: tuple[Listener, ...] = ()
    log: tuple[str, ...] = ()
    seconds: float = 0
    port: int = 0


class StartFailedError(Exception):
    """Say that a container did not come up."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.container}: {failure.kind} {failure.detail}".strip())
        self.failure = failure

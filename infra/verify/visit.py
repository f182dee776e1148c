"""What the checks of one verification share."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from infra.verify.client import AppClient
from infra.verify.suite import Suite
from infra.verify.trace import WireEvent


@dataclass(frozen=True, kw_only=True)
class Turn:
    """Hold one answered message with the run behind it."""

    message: str
    answer: str
    run_id: str
    thread_id: str
    completed: bool
    context: Any
    events: list[WireEvent]
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Visit:
    """Name the people, the threads and the messages of one verification."""

    first: AppClient
    second: AppClient | None
    nobody: AppClient
    suite: Suite
    allow_scripted: bool
    shared_thread: str = field(default_factory=lambda: f"verify-{uuid4().hex[:12]}")
    memory_thread: str = field(default_factory=lambda: f"verify-memory-{uuid4().hex[:12]}")
    question_thread: str = field(default_factory=lambda: f"verify-questions-{uuid4().hex[:12]}")

    @property
    def socket_user(self) -> AppClient:
        """Return who uses the WebSocket: the second person, in a thread of the first one's name."""
        return self.second or self.first

    @property
    def socket_thread(self) -> str:
        """Return the thread of the WebSocket's message."""
        return self.shared_thread if self.second else f"{self.shared_thread}-socket"

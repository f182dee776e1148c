"""What can go wrong, as callers need to tell it apart.

FrameworkError
├── UsageError                the caller's mistake
│   ├── FieldError            one value of a request, named by `field`
│   └── GoalError             a goal file, with file and line
├── RunError                  a run that cannot go on
│   ├── ModelError            a model answered with nothing usable
│   ├── ContextError          a context that is not what was handed over
│   ├── ToolError             a tool refused or broke
│   │   └── ToolInputError    a tool refused its input
│   ├── ExecutorError         an executor broke the order of events
│   └── IllegalMoveError      a status that cannot follow the present one
├── NotFoundError             unknown, or somebody else's: the two are not told apart
│   ├── RunNotFoundError
│   └── ThreadNotFoundError
├── ConflictError             right at another moment
│   ├── ThreadBusyError       the thread has a run that is not over
│   ├── RunOverError          the run has ended
│   ├── SequenceConflictError another writer has taken that number
│   └── LeaseLostError        another replica owns the run
├── LimitError                too much at once; `retry_after` in seconds
└── StoreError                the store cannot be reached or written
"""

from typing import Self


class FrameworkError(Exception):
    """Stand above everything that the framework raises on purpose."""


class UsageError(FrameworkError):
    """Say that the caller asked for something that cannot be."""


class FieldError(UsageError):
    """Say which value of a request is refused, and what is allowed."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class GoalError(UsageError):
    """Say what a goal file may not hold, with its file and line."""


class RunError(FrameworkError):
    """Say that a run cannot go on."""


class ModelError(RunError):
    """Say that a model gave no usable answer."""


class UnusableTextError(ModelError):
    """Say that a model wrote something that no answer can be made of."""


class ToolError(RunError):
    """Say that a tool refused its input or broke."""


class ToolInputError(ToolError):
    """Say which input a tool refuses, and what is allowed."""


class ContextError(RunError):
    """Say that a context is not the one that was handed over."""


class ExecutorError(RunError):
    """Say that an executor's events break the order that clients rely on."""


class IllegalMoveError(RunError):
    """Say that one status cannot follow another."""


class NotFoundError(FrameworkError):
    """Say that this user has nothing of that name."""


class RunNotFoundError(NotFoundError):
    """Say that this user has no such run."""

    def __init__(self, run_id: str) -> None:
        super().__init__(f"There is no run {run_id!r} among yours. GET /api/v1/threads lists your threads.")
        self.run_id = run_id


class ThreadNotFoundError(NotFoundError):
    """Say that this user has no such thread."""

    def __init__(self, thread_id: str) -> None:
        super().__init__(
            f"There is no thread {thread_id!r} among yours. GET /api/v1/threads lists your threads."
        )
        self.thread_id = thread_id


class ConflictError(FrameworkError):
    """Say that the request would be right at another moment."""


class ThreadBusyError(ConflictError):
    """Say which run must end before the thread takes another."""

    def __init__(self, thread_id: str, run_id: str | None) -> None:
        reason = f"run {run_id!r} on it is not over" if run_id else "it is being deleted"
        super().__init__(
            f"Thread {thread_id!r} is busy: {reason}. Wait for it, cancel it, or use a new thread."
        )
        self.thread_id = thread_id
        self.run_id = run_id


class RunOverError(ConflictError):
    """Say that the run has ended and takes no more requests."""

    def __init__(self, run_id: str, status: str) -> None:
        super().__init__(f"Run {run_id!r} is over: it is {status}. Start a new run on its thread.")
        self.run_id = run_id
        self.status = status


class SequenceConflictError(ConflictError):
    """Say that the next number of a run is not the one its writer expected."""

    def __init__(self, run_id: str, *, expected: int, actual: int) -> None:
        super().__init__(
            f"Run {run_id!r} stands at event {actual}, its writer expected {expected}: read it again."
        )
        self.run_id = run_id
        self.expected = expected
        self.actual = actual


class LeaseLostError(ConflictError):
    """Say that a replica writes to a run that another one owns by now."""

    def __init__(self, run_id: str, owner: str) -> None:
        super().__init__(f"Run {run_id!r} is no longer owned by {owner!r}: another replica carries it on.")
        self.run_id = run_id
        self.owner = owner


class LimitError(FrameworkError):
    """Say that a bound on how much may happen at once is reached."""

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after

    @classmethod
    def for_runs(cls, active: int, allowed: int) -> Self:
        """Say that a user has as many runs under way as are allowed."""
        return cls(
            f"You have {active} runs under way, allowed are {allowed}. Wait for one to end, or cancel one.",
            retry_after=1.0,
        )


class StoreError(FrameworkError):
    """Say that the store failed, which store it is, and what to look at."""

    def __init__(self, message: str, *, store: str) -> None:
        super().__init__(message)
        self.store = store

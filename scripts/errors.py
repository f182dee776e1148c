"""What a command says when it cannot do its work, instead of a stack trace."""

from typing import NoReturn

FAILED, WRONG_USAGE, SAID_NO = 1, 2, 3

# By name, so that the modules behind them are not loaded just to catch what they raise.
KNOWN = {
    "ArmError": FAILED,
    "BootstrapError": FAILED,
    "BudgetError": SAID_NO,
    "ChartError": FAILED,
    "CollectError": FAILED,
    "EditError": FAILED,
    "GoalFileError": SAID_NO,
    "ImageError": FAILED,
    "BuildToolError": FAILED,
    "BuildFailedError": FAILED,
    "CheckFailedError": FAILED,
    "RegistryError": FAILED,
    "InterruptedRehearsalError": FAILED,
    "KeyFileError": FAILED,
    "LimitError": WRONG_USAGE,
    "PlanFileError": FAILED,
    "ProjectNotFoundError": WRONG_USAGE,
    "RehearsalError": FAILED,
    "ReleaseError": FAILED,
    "ReportError": FAILED,
    "RetailError": FAILED,
    "RevisionError": FAILED,
    "StackFileError": FAILED,
    "SuiteError": WRONG_USAGE,
    "SynthesisError": FAILED,
    "TableFileError": FAILED,
    "TwinUnreachableError": FAILED,
    "UnknownCodeError": WRONG_USAGE,
    "UnknownLineError": WRONG_USAGE,
    "UnknownMistakeError": WRONG_USAGE,
    "UsageFileError": FAILED,
}


class CommandError(Exception):
    """Say what is wrong, and what to do next; `exit_code` is one of the contract's four."""

    def __init__(self, message: str, hint: str | None = None, *, exit_code: int = FAILED) -> None:
        super().__init__(message)
        self.hint = hint
        self.exit_code = exit_code


def usage(message: str, hint: str | None = None) -> NoReturn:
    """Refuse what the user typed."""
    raise CommandError(message, hint, exit_code=WRONG_USAGE)


def explained(error: BaseException) -> tuple[list[str], int] | None:
    """Return the lines and the exit code for an error that was foreseen, else None."""
    if isinstance(error, CommandError):
        return [str(error), *([error.hint] if error.hint else [])], error.exit_code
    if isinstance(error, KeyboardInterrupt):
        return ["stopped"], FAILED
    if isinstance(error, OSError):
        return [f"{error.strerror or error}: {error.filename}" if error.filename else str(error)], FAILED
    if any(kind.__module__ == "httpx" and kind.__name__ == "HTTPError" for kind in type(error).__mro__):
        return [f"the connection failed: {str(error) or type(error).__name__}"], FAILED
    for kind in type(error).__mro__:
        if kind.__name__ in KNOWN:
            return _with_next_step(error), KNOWN[kind.__name__]
    return None


def _with_next_step(error: BaseException) -> list[str]:
    finding = getattr(error, "finding", None)
    if finding is None:
        return [str(error)]
    return [f"{finding.code} {finding.message}", finding.fix, f"More: seatrial explain {finding.code}"]

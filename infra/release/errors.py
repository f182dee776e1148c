"""What can go wrong on the way to a deployed stack.

ReleaseError
├── EngineError      the Pulumi command said no, or is not there
├── ReportFileError  a file of results cannot be read
└── GitHubError      GitHub refused a request, or did not answer
"""


class ReleaseError(Exception):
    """Say what stopped a release, the value seen and the next step."""


class EngineError(ReleaseError):
    """Say what the Pulumi command answered."""


class ReportFileError(ReleaseError):
    """Say which file of results is not what its name says."""


class GitHubError(ReleaseError):
    """Say what GitHub answered."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status

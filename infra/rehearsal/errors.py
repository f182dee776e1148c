"""What can stop a rehearsal before Azure's own reasons could."""

from infra.findings.model import Finding


class RehearsalError(Exception):
    """Carry the finding that ended a rehearsal."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding

    @classmethod
    def of(cls, code: str, resource: str, message: str, fix: str) -> "RehearsalError":
        """Make the error from a finding's parts."""
        return cls(Finding(code=code, resource=resource, message=message, fix=fix))

"""What the twin has seen: findings, pulls and uses of roles, kept for /twin/status and the page."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from infra.findings.model import Finding
from infra.twin.identity.uses import Uses

_MOST = 500


@dataclass(frozen=True, kw_only=True)
class Pull:
    """Hold one pull: of what, as whom, and the reason when it was refused; `at` is RFC 3339."""

    image: str
    identity: str | None
    digest: str | None
    refusal: str | None
    at: str

    @property
    def ok(self) -> bool:
        """Say whether it was allowed."""
        return self.refusal is None


@dataclass
class Journal:
    """Keep the latest findings, pulls and uses of roles."""

    findings: list[Finding] = field(default_factory=list)
    pulls: list[Pull] = field(default_factory=list)
    uses: Uses = field(default_factory=Uses)

    def report(self, finding: Finding) -> None:
        """Note a finding once."""
        if finding not in self.findings:
            self.findings.append(finding)
            del self.findings[:-_MOST]

    def settle(self, resource: str, *codes: str) -> None:
        """Forget findings about a resource (only those with these codes, when any are given)."""
        self.findings[:] = [
            found
            for found in self.findings
            if found.resource.lower() != resource.lower() or (codes and found.code not in codes)
        ]

    def pulled(
        self, image: str, identity: str | None, *, digest: str | None = None, refusal: str | None = None
    ) -> None:
        """Note a pull, refused or not."""
        at = datetime.now(UTC).isoformat(timespec="seconds")
        self.pulls.append(Pull(image=image, identity=identity, digest=digest, refusal=refusal, at=at))
        del self.pulls[:-_MOST]

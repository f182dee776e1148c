"""What the twin has seen: findings and pulls, kept for /twin/status."""

from dataclasses import dataclass, field
from typing import Any

from infra.findings.model import Finding

_MOST = 500


@dataclass
class Journal:
    """Keep the latest findings and pulls."""

    findings: list[Finding] = field(default_factory=list)
    pulls: list[dict[str, Any]] = field(default_factory=list)

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

    def pulled(self, image: str, identity: str | None, *, ok: bool) -> None:
        """Note a pull, refused or not."""
        self.pulls.append({"image": image, "identity": identity, "ok": ok})
        del self.pulls[:-_MOST]

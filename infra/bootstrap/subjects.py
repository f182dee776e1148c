"""Whom Azure believes: the subjects of GitHub's tokens, and the names of what believes them. Pure."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

ISSUER = "https://token.actions.githubusercontent.com"
AUDIENCE = "api://AzureADTokenExchange"
STACK = "bootstrap"
PROJECT = "seatrial"
IDENTITY = "id-seatrial-deploy"
PREVIEW_IDENTITY = "id-seatrial-preview"
PULL_REQUEST = "pull_request"
GROUP = "rg-seatrial-bootstrap"
_LONGEST = 120


class RepositoryError(ValueError):
    """Say that a repository's name is none of GitHub's."""

    def __init__(self, given: str) -> None:
        super().__init__(f"{given!r} names no repository on GitHub: write OWNER/NAME, as in its address")


def repository(given: str) -> str:
    """Return a repository's OWNER/NAME; raise RepositoryError. Azure compares letter by letter."""
    if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})/[A-Za-z0-9._-]{1,100}", given):
        raise RepositoryError(given)
    return given


def prefix_of(name: str, customisation: Mapping[str, Any] | None = None) -> str:
    """Return what a repository's subjects begin with.

    `customisation` is GitHub's answer to `GET /repos/{repo}/actions/oidc/customization/sub`: repositories
    made since July 2026 have their owner's and their own number in it.
    """
    given = (customisation or {}).get("sub_claim_prefix")
    return str(given) if given else f"repo:{name}"


def contexts(environments: Iterable[str]) -> tuple[str, ...]:
    """Return the ends of the subjects that deploy: the branch main and the environments."""
    return ("ref:refs/heads/main", *(f"environment:{name}" for name in environments))


def credential_name(context: str) -> str:
    """Return the name of the credential for one end of a subject, within Azure's 3 to 120 characters."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", context.replace("ref:refs/heads/", "branch-")).strip("-")
    if len(plain) <= _LONGEST:
        return f"github-{plain}"[:_LONGEST]
    return f"github-{plain[:100]}-{hashlib.sha256(context.encode()).hexdigest()[:8]}"

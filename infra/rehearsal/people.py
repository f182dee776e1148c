"""Tokens for people of a stack, made where its `auth` says they come from."""

import asyncio
from collections.abc import Sequence

from infra.config import StackConfig
from infra.project import Project
from infra.rehearsal.signing import DeveloperKey
from infra.twin.client import TwinClient

DEVELOPER = "developer"
SECOND_USER = "second-user"


def issuer(tenant: str) -> str:
    """Return the issuer of a tenant's tokens, as Entra ID writes it."""
    return f"https://login.microsoftonline.com/{tenant}/v2.0"


async def tokens(project: Project, stack: str, config: StackConfig, users: Sequence[str]) -> list[str]:
    """Return one token per user that the stack's app believes, from the developer's key or the twin."""
    if config.entra is None:
        key = await asyncio.to_thread(DeveloperKey.of, project)
        return [key.sign(user) for user in users]
    expected = (config.entra.audience, issuer(config.entra.tenant_id))
    return await asyncio.to_thread(_from_twin, project, stack, expected, users)


def _from_twin(project: Project, stack: str, expected: tuple[str, str], users: Sequence[str]) -> list[str]:
    with TwinClient.connect(project.state(stack)) as twin:
        return [twin.token(user, *expected) for user in users]

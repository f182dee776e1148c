"""How to talk to a stack that runs: its page, and a line for the shell."""

import json
import shlex
from dataclasses import dataclass

from infra.config import load_stack
from infra.rehearsal import page, people
from infra.rehearsal.order import Order
from infra.verify.suite import suite_of_goal


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """Hold the page's URL with a ticket that is good once, for 30 seconds, and a line for curl."""

    page: str
    curl: str


async def invite(order: Order, url: str) -> Invitation:
    """Return a fresh invitation to a running stack."""
    config = load_stack(order.project, order.stack)
    (token,) = await people.tokens(order.project, order.stack, config, [people.DEVELOPER])
    body = json.dumps({"message": suite_of_goal(order.project.goals / config.goal).verified})
    parts = (
        "curl -sS",
        f"{url.rstrip('/')}/api/v1/message",
        "-H 'Content-Type: application/json'",
        f"-H 'Authorization: Bearer {token}'",
        f"-d {shlex.quote(body)}",
    )
    return Invitation(page=await page.page_url(url, token), curl=" ".join(parts))

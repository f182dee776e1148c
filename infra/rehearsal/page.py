"""The page of a running app, opened by a ticket."""

import httpx

from infra.verify.client import AppClient, opened

TICKET_SECONDS = 30.0


async def page_url(url: str, token: str) -> str:
    """Return the page's URL with a new single-use ticket in it; httpx.HTTPError when there is none."""
    async with opened(url, TICKET_SECONDS) as http:
        person = AppClient(http=http, token=token)
        ticket = (await person.ask("POST", "/api/v1/tickets", expect=(httpx.codes.CREATED,))).json()["ticket"]
    return f"{url.rstrip('/')}/?ticket={ticket}"

"""`POST /api/v1/tickets`."""

from fastapi import APIRouter, status
from pydantic import BaseModel, Field

from app.auth import CurrentUser
from app.errors import error_responses
from app.requests import BoundedRoute
from app.services import AppServices
from app.tickets.secrets import TICKET_SECONDS

router = APIRouter(prefix="/api/v1", tags=["tickets"], route_class=BoundedRoute)


class TicketView(BaseModel):
    """Hand out a single-use ticket."""

    ticket: str
    expires_in: int = Field(description="seconds")


@router.post("/tickets", status_code=status.HTTP_201_CREATED, responses=error_responses())
async def issue_ticket(user: CurrentUser, services: AppServices) -> TicketView:
    """Issue a single-use ticket for `/ws?ticket=` and `/?ticket=`."""
    return TicketView(ticket=await services.secrets.issue_ticket(user), expires_in=TICKET_SECONDS)

"""`GET /api/v1/agents`."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from app.agents.roster import AgentView
from app.auth import CurrentUser
from app.errors import error_responses
from app.requests import BoundedRoute
from app.services import AppServices

router = APIRouter(prefix="/api/v1", tags=["agents"], route_class=BoundedRoute)


class AgentList(BaseModel):
    """Show the agents, supervisor included."""

    agents: list[AgentView]
    examples: list[str] = Field(description="messages that the default goal suggests to start with")


@router.get("/agents", responses=error_responses())
async def list_agents(_user: CurrentUser, services: AppServices) -> AgentList:
    """List the agents that may take part in a run."""
    return AgentList(agents=services.roster.agents(), examples=list(services.roster.examples))

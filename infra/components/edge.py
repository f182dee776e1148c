"""What a stack file adds around the app, each part imported only where it is asked for."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pulumi

from infra.components.agent_app import AgentApp, AgentAppArgs
from infra.components.environment import Environment
from infra.components.placement import Placement
from infra.config import StackConfig

if TYPE_CHECKING:
    from infra.components.front_door import FrontDoor

Outputs = dict[str, pulumi.Input[Any]]


@dataclass(kw_only=True, eq=False)
class Ahead:
    """Hold what the app must know of or wait for."""

    variables: dict[str, pulumi.Input[str]] = field(default_factory=dict)
    grants: list[pulumi.Resource] = field(default_factory=list)
    door: "FrontDoor | None" = None


def ahead(config: StackConfig, place: Placement, user: pulumi.Output[str]) -> Ahead:
    """Make what must be there before the app: its cache, and the Front Door that it will believe."""
    found = Ahead()
    if config.redis is not None:
        from infra.components.redis import Redis, RedisArgs  # noqa: PLC0415 - as said above

        cache = Redis("redis", RedisArgs(placement=place, config=config.redis, user=user))
        found.variables |= cache.variables
        found.grants += cache.grants
    if config.front_door is not None:
        from infra.components.front_door import FrontDoor, FrontDoorArgs  # noqa: PLC0415 - as said above

        found.door = FrontDoor("front-door", FrontDoorArgs(placement=place, config=config.front_door))
        found.variables["SEATRIAL_FRONT_DOOR_ID"] = found.door.id
    return found


def add(config: StackConfig, hosted: AgentAppArgs, app: AgentApp, environment: Environment) -> Outputs:
    """Make what the stack file asks for around the app; return what the stack tells of it."""
    place = hosted.placement
    outputs: Outputs = {}
    if config.maintenance is not None:
        from infra.components.maintenance import Maintenance, MaintenanceArgs  # noqa: PLC0415 - as said above

        Maintenance("maintenance", MaintenanceArgs(app=hosted, config=config.maintenance))
    if config.sign_in is not None and config.entra is not None:
        from infra.components.sign_in import SignIn, SignInArgs  # noqa: PLC0415 - as said above

        asked = SignInArgs(
            placement=place,
            app_name=app.name,
            config=config.sign_in,
            entra=config.entra,
            behind_front_door=config.front_door is not None,
        )
        SignIn("sign-in", asked)
    if config.domain is not None:
        from infra.components.domain import Domain, DomainArgs  # noqa: PLC0415 - as said above

        domain = Domain(
            "domain", DomainArgs(placement=place, config=config.domain, app=app, environment=environment)
        )
        outputs |= {"domainRecords": domain.records, "urlDomain": f"https://{config.domain.name}"}
    return outputs

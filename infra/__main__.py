"""The deployment of one stack: wiring only. What each part is, its component says."""

from pathlib import Path

import pulumi

from infra.components import edge, image, variables
from infra.components.agent_app import AgentApp, AgentAppArgs
from infra.components.alerts import Alerts, AlertsArgs
from infra.components.budget import Budget, BudgetArgs
from infra.components.containers import database_facts
from infra.components.database import Database, DatabaseArgs
from infra.components.environment import Environment, EnvironmentArgs
from infra.components.group import Group, GroupArgs
from infra.components.identity import Identity, IdentityArgs
from infra.components.kept import read_kept
from infra.components.model import Model, ModelArgs
from infra.components.observability import Observability, ObservabilityArgs
from infra.components.placement import Placement
from infra.components.references import addresses
from infra.components.registry import Registry, RegistryArgs
from infra.components.stack import read_stack
from infra.naming import Names, url_of
from infra.project import Project

project = Project.find(Path.cwd())
config = read_stack(project)
names = Names(project=pulumi.get_project(), stack=pulumi.get_stack())

group = Group("group", GroupArgs.of(names, config))
place = Placement.of(group, names, config)
identity = Identity("identity", IdentityArgs(placement=place))
user = identity.principal_id
registry = Registry(
    "registry",
    RegistryArgs(placement=place, sku=config.registry_sku, puller=user, network=config.network),
)
facts = database_facts(project)
database = Database(
    "cosmos",
    DatabaseArgs(
        placement=place,
        config=config.database,
        facts=facts,
        user=user,
        public_network=config.network is None,
    ),
)
model = Model(
    "model",
    ModelArgs(placement=place, config=config.model, user=user, public_network=config.network is None),
)
watching = Observability("logs", ObservabilityArgs(placement=place, config=config.logs, sender=user))
network = None
if config.network is not None:
    from infra.components.network import Network, NetworkArgs

    network = Network("network", NetworkArgs(placement=place, config=config.network))
environment = Environment(
    "environment",
    EnvironmentArgs(
        placement=place,
        workspace_id=watching.workspace_id,
        network=config.network,
        subnet_id=network.environment_subnet if network else None,
    ),
)
reference = image.reference(project, registry, config.image)
told = variables.Endpoints(
    client_id=identity.client_id,
    cosmos=database.endpoint,
    model=model.endpoint,
    deployment=model.deployment,
    telemetry=watching.connection_string,
    image=reference,
)
kept = read_kept(names, config.keep)
vault = None
if config.has_vault:
    from infra.components.vault import Vault, VaultArgs

    vault = Vault(
        "vault",
        VaultArgs(placement=place, reader=user, tenant_id=identity.tenant_id, network=config.network),
    )
ahead = edge.ahead(config, place, user)
ways: list[pulumi.Resource] = []
if network is not None:
    from infra.components import private_access

    services = {private_access.REGISTRY: registry.id, private_access.COSMOS: database.id}
    services[private_access.MODEL] = model.id
    if vault is not None:
        services[private_access.VAULT] = vault.id
    ways = private_access.ways(place, network, services, after=[*database.grants, *model.grants])
hosted = AgentAppArgs(
    placement=place,
    config=config.app,
    environment_id=environment.id,
    identity_id=identity.id,
    login_server=registry.login_server,
    image=reference,
    variables={**ahead.variables, **variables.variables(names.stack, config, told)},
    secrets=addresses(config.app.secrets, vault.address if vault else None),
    after=[
        *registry.grants,
        *database.grants,
        *model.grants,
        *watching.grants,
        *(vault.grants if vault else ()),
        *ahead.grants,
        *ways,
    ],
    kept=kept,
    domain=config.domain,
)
app = AgentApp("app", hosted)
second = None
if config.second_region is not None:
    from infra.components.second_region import SecondRegion, SecondRegionArgs

    second = SecondRegion(
        "second",
        SecondRegionArgs(
            location=config.second_region,
            app=hosted,
            first=app,
            registry_id=registry.id,
            workspace_id=watching.workspace_id,
        ),
    )
around = edge.add(config, hosted, app, environment)
host = ahead.door.lead_to(app) if ahead.door else app.host
alerts = Alerts(
    "alerts",
    AlertsArgs(
        placement=place,
        config=config.alerts,
        app_id=app.id,
        database_id=database.id,
        short_name=names.short,
    ),
)
if config.workbook:
    from infra.components.workbook import Workbook, WorkbookArgs

    Workbook(
        "workbook",
        WorkbookArgs(placement=place, workspace_id=watching.workspace_id, component_id=watching.component_id),
    )
if config.availability is not None:
    from infra.components.availability import Availability, AvailabilityArgs

    Availability(
        "availability",
        AvailabilityArgs(
            placement=place,
            config=config.availability,
            host=app.host,
            component_id=watching.component_id,
            people=alerts.people,
            test_name=names.of("web_test"),
        ),
    )
Budget("budget", BudgetArgs(placement=place, config=config.budget, scope=group.id))

for name, output in {
    "url": host.apply(url_of),
    "image": reference,
    "identityClientId": identity.client_id,
    "endpointCosmos": database.endpoint,
    "endpointModel": model.endpoint,
    "registry": registry.login_server,
    "resourceGroup": group.name,
    **({"endpointVault": vault.address} if vault else {}),
    **({"urlSecond": second.host.apply(url_of)} if second else {}),
    **around,
    **({"urlLatest": app.latest_host.apply(url_of)} if kept.traffic else {}),
}.items():
    pulumi.export(name, output)

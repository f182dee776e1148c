"""The deployment of one stack: wiring only. What each part is, its component says."""

from pathlib import Path

import pulumi

from infra.components import image, variables
from infra.components.agent_app import AgentApp, AgentAppArgs
from infra.components.alerts import Alerts, AlertsArgs
from infra.components.budget import Budget, BudgetArgs
from infra.components.containers import database_facts
from infra.components.database import Database, DatabaseArgs
from infra.components.environment import Environment, EnvironmentArgs
from infra.components.group import Group, GroupArgs
from infra.components.identity import Identity, IdentityArgs
from infra.components.model import Model, ModelArgs
from infra.components.observability import Observability, ObservabilityArgs
from infra.components.placement import Placement
from infra.components.registry import Registry, RegistryArgs
from infra.components.stack import read_stack
from infra.components.vault import Vault, VaultArgs, addresses
from infra.naming import Names, url_of
from infra.project import Project

project = Project.find(Path.cwd())
config = read_stack(project)
names = Names(project=pulumi.get_project(), stack=pulumi.get_stack())

group = Group("group", GroupArgs.of(names, config))
place = Placement.of(group, names, config)
identity = Identity("identity", IdentityArgs(placement=place))
user = identity.principal_id
registry = Registry("registry", RegistryArgs(placement=place, sku=config.registry_sku, puller=user))
facts = database_facts(project)
database = Database("cosmos", DatabaseArgs(placement=place, config=config.database, facts=facts, user=user))
model = Model("model", ModelArgs(placement=place, config=config.model, user=user))
watching = Observability("logs", ObservabilityArgs(placement=place, config=config.logs, sender=user))
environment = Environment("environment", EnvironmentArgs(placement=place, workspace_id=watching.workspace_id))
reference = image.reference(project, registry.login_server, config.image)
told = variables.Endpoints(
    client_id=identity.client_id,
    cosmos=database.endpoint,
    model=model.endpoint,
    deployment=model.deployment,
    telemetry=watching.connection_string,
    image=reference,
)
vault = None
if config.has_vault:
    vault = Vault("vault", VaultArgs(placement=place, reader=user, tenant_id=identity.tenant_id))
app = AgentApp(
    "app",
    AgentAppArgs(
        placement=place,
        config=config.app,
        environment_id=environment.id,
        identity_id=identity.id,
        login_server=registry.login_server,
        image=reference,
        variables=variables.variables(names.stack, config, told),
        secrets=addresses(config.app.secrets, vault),
        after=[
            *registry.grants,
            *database.grants,
            *model.grants,
            *watching.grants,
            *(vault.grants if vault else ()),
        ],
    ),
)
Alerts("alerts", AlertsArgs(placement=place, config=config.alerts, app_id=app.id, short_name=names.short))
Budget("budget", BudgetArgs(placement=place, config=config.budget, scope=group.id))

for name, output in {
    "url": app.host.apply(url_of),
    "image": reference,
    "identityClientId": identity.client_id,
    "endpointCosmos": database.endpoint,
    "endpointModel": model.endpoint,
    "registry": registry.login_server,
    "resourceGroup": group.name,
    **({"endpointVault": vault.address} if vault else {}),
}.items():
    pulumi.export(name, output)

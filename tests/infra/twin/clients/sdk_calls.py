"""Calls of the genuine azure-mgmt SDKs, run by their own environment's Python: `sdk_calls.py NAME ARG…`.

Prints what the call found as JSON; knows nothing of this project.
"""

import json
import os
import sys

from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError
from azure.identity import ClientSecretCredential
from azure.mgmt.appcontainers import ContainerAppsAPIClient
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.containerregistry import ContainerRegistryManagementClient
from azure.mgmt.cosmosdb import CosmosDBManagementClient
from azure.mgmt.monitor import MonitorManagementClient
from azure.mgmt.msi import ManagedServiceIdentityClient
from azure.mgmt.resource.resources import ResourceManagementClient

ENDPOINT = os.environ["ARM_ENDPOINT"]


class Given:
    """A credential that is a token already."""

    def get_token(self, *_scopes, **_options):
        return AccessToken(os.environ["GIVEN_TOKEN"], 4102444800)


def client(kind):
    if "GIVEN_TOKEN" in os.environ:
        credential = Given()
    else:
        credential = ClientSecretCredential(
            os.environ["AZURE_TENANT_ID"],
            os.environ["AZURE_CLIENT_ID"],
            os.environ["AZURE_CLIENT_SECRET"],
            authority=ENDPOINT,
            disable_instance_discovery=True,
        )
    return kind(credential, os.environ["AZURE_SUBSCRIPTION_ID"], base_url=ENDPOINT)


def names(found):
    return [one.name for one in found]


def groups():
    resources = client(ResourceManagementClient)
    return {
        "groups": names(resources.resource_groups.list()),
        "exists": resources.resource_groups.check_existence("rg-seatrial-dev"),
        "absent": resources.resource_groups.check_existence("rg-other"),
        "registered": resources.providers.get("Microsoft.App").registration_state,
        "kinds": sorted({one.type for one in resources.resources.list_by_resource_group("rg-seatrial-dev")}),
    }


def app(group, name):
    apps = client(ContainerAppsAPIClient)
    found = apps.container_apps.get(group, name)
    revisions = list(apps.container_apps_revisions.list_revisions(group, name))
    replicas = apps.container_apps_revision_replicas.list_replicas(group, name, found.latest_revision_name)
    return {
        "listed": names(apps.container_apps.list_by_subscription()),
        "environments": names(apps.managed_environments.list_by_resource_group(group)),
        "fqdn": found.configuration.ingress.fqdn,
        "state": found.provisioning_state,
        "mode": found.configuration.active_revisions_mode,
        "latest": found.latest_revision_name,
        "revisions": [[one.name, one.active, one.traffic_weight, one.health_state] for one in revisions],
        "replicas": [one.containers[0].ready for one in replicas.value],
        "token": bool(apps.container_apps.get_auth_token(group, name).token),
    }


def scale(group, name, most):
    apps = client(ContainerAppsAPIClient)
    found = apps.container_apps.get(group, name)
    found.template.scale.max_replicas = int(most)
    changed = apps.container_apps.begin_update(group, name, found).result()
    return {"before": found.latest_revision_name, "after": changed.latest_revision_name}


def restart(group, name, revision):
    apps = client(ContainerAppsAPIClient)
    before = apps.container_apps_revision_replicas.list_replicas(group, name, revision).value[0].name
    apps.container_apps_revisions.restart_revision(group, name, revision)
    after = apps.container_apps_revision_replicas.list_replicas(group, name, revision).value[0].name
    return {"before": before, "after": after}


def pause(group, name, revision):
    """Deactivate a revision, change what makes no revision, and activate it again."""
    apps = client(ContainerAppsAPIClient)
    revisions, states = apps.container_apps_revisions, []
    for step in (revisions.deactivate_revision, None, revisions.activate_revision):
        if step is None:
            apps.container_apps.begin_update(group, name, {"tags": {"paused": "yes"}}).result()
        else:
            step(group, name, revision)
        found = revisions.get_revision(group, name, revision)
        states.append([found.active, found.running_state, found.replicas])
    return states


def changes(group, registry, identity, alert):
    """Change what the program made by each service's own client, and delete the alert."""
    registries = client(ContainerRegistryManagementClient).registries
    identities = client(ManagedServiceIdentityClient).user_assigned_identities
    monitor = client(MonitorManagementClient)
    tagged = {"tags": {"by": "sdk"}}
    registries.begin_update(group, registry, tagged).result()
    identities.update(group, identity, {"location": "eastus", **tagged})
    monitor.metric_alerts.delete(group, alert)
    return {
        "registry": registries.get(group, registry).tags["by"],
        "server": registries.get(group, registry).login_server,
        "identity": identities.get(group, identity).tags["by"],
        "alerts": names(monitor.metric_alerts.list_by_resource_group(group)),
    }


def services(group, account):
    cosmos = client(CosmosDBManagementClient)
    roles = client(AuthorizationManagementClient)
    monitor = client(MonitorManagementClient)
    identity = names(
        client(ManagedServiceIdentityClient).user_assigned_identities.list_by_resource_group(group)
    )
    assigned = list(roles.role_assignments.list_for_subscription())
    defined = roles.role_definitions.get_by_id(assigned[0].role_definition_id)
    return {
        "registries": names(client(ContainerRegistryManagementClient).registries.list()),
        "accounts": names(cosmos.database_accounts.list_by_resource_group(group)),
        "databases": names(cosmos.sql_resources.list_sql_databases(group, account)),
        "containers": names(cosmos.sql_resources.list_sql_containers(group, account, "agents")),
        "data_roles": len(list(cosmos.sql_resources.list_sql_role_assignments(group, account))),
        "identities": identity,
        "assignments": len(assigned),
        "first_role": defined.role_name,
        "alerts": names(monitor.metric_alerts.list_by_resource_group(group)),
        "groups": names(monitor.action_groups.list_by_resource_group(group)),
    }


def container(group, account, database, name):
    """Make a container, change it, and delete it again."""
    cosmos = client(CosmosDBManagementClient).sql_resources
    wanted = {"id": name, "partitionKey": {"paths": ["/owner"], "kind": "Hash"}}
    body = {"properties": {"resource": wanted, "options": {}}}
    made = cosmos.begin_create_update_sql_container(group, account, database, name, body).result()
    wanted["defaultTtl"] = 60
    changed = cosmos.begin_create_update_sql_container(group, account, database, name, body).result()
    cosmos.begin_delete_sql_container(group, account, database, name).result()
    left = names(cosmos.list_sql_containers(group, account, database))
    return {"made": made.name, "ttl": changed.resource.default_ttl, "left": left}


def tags(group):
    client(ResourceManagementClient).resource_groups.update(group, {"tags": {"team": "blue"}})
    return {"tags": client(ResourceManagementClient).resource_groups.get(group).tags}


def delete(group, name):
    apps = client(ContainerAppsAPIClient).container_apps
    apps.begin_delete(group, name).result()
    return {"left": names(apps.list_by_resource_group(group))}


def may(group, principal, role):
    """Try to read, to write, and to grant, and say how each went."""
    resources, roles = client(ResourceManagementClient), client(AuthorizationManagementClient)
    subscription = f"/subscriptions/{os.environ['AZURE_SUBSCRIPTION_ID']}"
    definition = f"{subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    body = {"principal_id": principal, "role_definition_id": definition, "principal_type": "ServicePrincipal"}
    scope = f"{subscription}/resourceGroups/{group}"
    return {
        "read": outcome(lambda: resources.resource_groups.get(group)),
        "write": outcome(lambda: resources.resource_groups.update(group, {"tags": {"by": "may"}})),
        "grant": outcome(
            lambda: roles.role_assignments.create(scope, "0a0a0a0a-0000-4000-8000-000000000000", body)
        ),
        "revoke": outcome(
            lambda: roles.role_assignments.delete(scope, "0a0a0a0a-0000-4000-8000-000000000000")
        ),
    }


def outcome(call):
    try:
        call()
    except HttpResponseError as error:
        return error.error.code
    return "done"


if __name__ == "__main__":
    sys.stdout.write(json.dumps(globals()[sys.argv[1]](*sys.argv[2:])))

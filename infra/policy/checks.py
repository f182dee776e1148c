"""Which function decides which rule."""

from infra.policy import bounds, containers, keyless, network
from infra.policy.rule import PlanCheck, ResourceCheck

OF_RESOURCE: dict[str, ResourceCheck] = {
    "local-auth": keyless.local_auth,
    "registry-users": keyless.registry_users,
    "stored-keys": keyless.stored_keys,
    "public-network": network.public_network,
    "open-auth": network.open_auth,
    "probes": containers.probes,
    "tags": bounds.tags,
    "regions": bounds.regions,
    "sizes": bounds.sizes,
    "log-cap": bounds.log_cap,
    "image-by-content": containers.image_by_content,
    "clear-secrets": containers.clear_secrets,
    "secret-variables": containers.secret_variables,
    "broad-roles": keyless.broad_roles,
    "plain-http": network.plain_http,
    "same-probe": containers.same_probe,
    "backup": bounds.backup,
}
OF_PLAN: dict[str, PlanCheck] = {"budget": bounds.budget}

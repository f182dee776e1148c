"""The bootstrap's program: wiring only. Run by `seatrial bootstrap`, once per repository."""

import json
import re

import pulumi

from infra.bootstrap import least
from infra.bootstrap.config import NAMESPACE, BootstrapConfig
from infra.bootstrap.identities import Federated, FederatedArgs
from infra.bootstrap.place import Grant, Place, grant
from infra.bootstrap.state import Secrets, State
from infra.bootstrap.subjects import IDENTITY, PREVIEW_IDENTITY, PULL_REQUEST, contexts
from infra.components import roles

given = pulumi.Config(NAMESPACE)
config = BootstrapConfig.model_validate(json.loads(given.require("settings")))
# The roles that the deployment's program assigns: all that it has names for, and no others.
handed_on = [
    value
    for value in vars(roles).values()
    if isinstance(value, str) and re.fullmatch(r"[0-9a-f-]{36}", value)
]

place = Place.of(config.location, config.repository)
deployer = Federated(
    "deploy",
    FederatedArgs(place=place, name=IDENTITY, prefix=config.prefix, contexts=contexts(config.environments)),
)
previewer = Federated(
    "preview",
    FederatedArgs(place=place, name=PREVIEW_IDENTITY, prefix=config.prefix, contexts=[PULL_REQUEST]),
)
state = State("state", place)
secrets = Secrets("secrets", place, deployer.tenant_id)

deployer.may("create", least.CONTRIBUTOR, place.subscription)
deployer.may("assign", least.RBAC_ADMINISTRATOR, place.subscription, condition=least.condition(handed_on))
deployer.may("state", least.STATE_WRITER, state.container_id)
deployer.may("key", least.KEY_USER, secrets.key_id)
previewer.may("read", least.READER, place.subscription)
previewer.may("state", least.STATE_READER, state.container_id)
previewer.may("key", least.KEY_USER, secrets.key_id)
if config.operator is not None:
    person = pulumi.Output.from_input(config.operator)
    for what, role, scope in (
        ("state", least.STATE_WRITER, state.container_id),
        ("key", least.KEY_USER, secrets.key_id),
    ):
        grant(f"operator-{what}", Grant(role=role, scope=scope, principal=person, person=True), place, state)

for name, output in {
    "AZURE_CLIENT_ID": deployer.client_id,
    "AZURE_PREVIEW_CLIENT_ID": previewer.client_id,
    "AZURE_TENANT_ID": deployer.tenant_id,
    "AZURE_SUBSCRIPTION_ID": place.subscription.apply(lambda path: path.rpartition("/")[2]),
    "PULUMI_BACKEND_URL": state.backend,
    "PULUMI_SECRETS_PROVIDER": secrets.provider,
}.items():
    pulumi.export(name, output)

"""The language model: an Azure OpenAI account without keys, one deployment, and who may ask it."""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import cognitiveservices

from infra.components import roles
from infra.components.placement import Placement
from infra.options.data import ModelConfig


@dataclass(frozen=True, kw_only=True, eq=False)
class ModelArgs:
    """Say which model is deployed and which principal asks it."""

    placement: Placement
    config: ModelConfig
    user: pulumi.Output[str]


class Model(pulumi.ComponentResource):
    """Hold the account (its subdomain is what Entra tokens need), the deployment and the user's role."""

    id: pulumi.Output[str]
    endpoint: pulumi.Output[str]
    deployment: pulumi.Output[str]
    grants: list[pulumi.Resource]

    def __init__(self, name: str, args: ModelArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("seatrial:index:Model", name, None, opts)
        account = _account(name, args.placement, self)
        deployment = _deployment(name, args, account, self)
        user = roles.grant(
            f"{name}-user",
            roles.OPENAI_USER,
            scope=account.id,
            principal_id=args.user,
            placement=args.placement,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.id = account.id
        self.endpoint = account.properties.endpoint
        self.deployment = pulumi.Output.from_input(args.config.name)
        self.grants = [user, deployment]
        self.register_outputs({"id": self.id, "endpoint": self.endpoint, "deployment": self.deployment})


def _account(name: str, placement: Placement, parent: pulumi.Resource) -> cognitiveservices.Account:
    return cognitiveservices.Account(
        name,
        resource_group_name=placement.group,
        account_name=placement.name("model"),
        location=placement.location,
        tags=placement.tags,
        kind="OpenAI",
        sku=cognitiveservices.SkuArgs(name="S0"),
        properties=cognitiveservices.AccountPropertiesArgs(
            custom_sub_domain_name=placement.name("model"),
            disable_local_auth=True,
            public_network_access=cognitiveservices.PublicNetworkAccess.ENABLED,
        ),
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _deployment(
    name: str, args: ModelArgs, account: cognitiveservices.Account, parent: pulumi.Resource
) -> cognitiveservices.Deployment:
    return cognitiveservices.Deployment(
        f"{name}-deployment",
        resource_group_name=args.placement.group,
        account_name=account.name,
        deployment_name=args.config.name,
        sku=cognitiveservices.SkuArgs(name=args.config.sku, capacity=args.config.capacity),
        properties=cognitiveservices.DeploymentPropertiesArgs(
            model=cognitiveservices.DeploymentModelArgs(
                format="OpenAI", name=args.config.name, version=args.config.version
            ),
            version_upgrade_option=cognitiveservices.DeploymentModelVersionUpgradeOption.NO_AUTO_UPGRADE,
        ),
        opts=pulumi.ResourceOptions(parent=parent),
    )

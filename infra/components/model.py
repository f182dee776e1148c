"""The language models: an Azure OpenAI account without keys, its deployments, and who may ask them."""

from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_azure_native import cognitiveservices

from infra.components import roles
from infra.components.placement import Placement
from infra.options.data import DeploymentConfig, ModelConfig


@dataclass(frozen=True, kw_only=True, eq=False)
class ModelArgs:
    """Say which models are deployed, which principal asks them, and whether from anywhere."""

    placement: Placement
    config: ModelConfig
    user: pulumi.Output[str]
    public_network: bool = True


class Model(pulumi.ComponentResource):
    """Hold the account (its subdomain is what Entra tokens need), the deployments and the user's role."""

    id: pulumi.Output[str]
    endpoint: pulumi.Output[str]
    deployment: pulumi.Output[str]
    grants: list[pulumi.Resource]

    def __init__(self, name: str, args: ModelArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("seatrial:index:Model", name, None, opts)
        account = _account(name, args, self)
        deployments = _deployments(name, args, account, self)
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
        self.grants = [user, *deployments]
        self.register_outputs({"id": self.id, "endpoint": self.endpoint, "deployment": self.deployment})


def _account(name: str, args: ModelArgs, parent: pulumi.Resource) -> cognitiveservices.Account:
    placement, access = args.placement, cognitiveservices.PublicNetworkAccess
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
            public_network_access=access.ENABLED if args.public_network else access.DISABLED,
        ),
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _deployments(
    name: str, args: ModelArgs, account: cognitiveservices.Account, parent: pulumi.Resource
) -> list[pulumi.Resource]:
    """Make one deployment after another: Azure refuses two at a time on one account (RequestConflict)."""
    made: list[pulumi.Resource] = []
    for called, config in args.config.all.items():
        logical = f"{name}-deployment-{called}" if made else f"{name}-deployment"
        made.append(
            cognitiveservices.Deployment(
                logical,
                resource_group_name=args.placement.group,
                account_name=account.name,
                deployment_name=called,
                opts=pulumi.ResourceOptions(parent=parent, depends_on=made[-1:]),
                **_deployed(config),
            )
        )
    return made


def _deployed(config: DeploymentConfig) -> dict[str, Any]:
    """Return what is deployed, as arguments; nobody but us moves it to another version."""
    model = cognitiveservices.DeploymentModelArgs(format="OpenAI", name=config.model, version=config.version)
    stay = cognitiveservices.DeploymentModelVersionUpgradeOption.NO_AUTO_UPGRADE
    return {
        "sku": cognitiveservices.SkuArgs(name=config.sku, capacity=config.capacity),
        "properties": cognitiveservices.DeploymentPropertiesArgs(model=model, version_upgrade_option=stay),
    }

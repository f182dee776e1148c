"""The vault: secrets that people set, and that the app's identity reads; no value passes the program."""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import authorization, keyvault

from infra.components import roles
from infra.components.placement import Placement
from infra.components.restrictions import addresses as single_addresses
from infra.options.network import NetworkConfig

SOFT_DELETE_DAYS = 90


@dataclass(frozen=True, kw_only=True, eq=False)
class VaultArgs:
    """Say who reads the secrets, whose directory knows them, and who else than the network is let in."""

    placement: Placement
    reader: pulumi.Output[str]
    tenant_id: pulumi.Output[str]
    network: NetworkConfig | None = None


class Vault(pulumi.ComponentResource):
    """Hold a vault that knows roles alone, and the role with which the app reads secrets."""

    id: pulumi.Output[str]
    address: pulumi.Output[str]
    grants: list[pulumi.Resource]

    def __init__(self, name: str, args: VaultArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("seatrial:index:Vault", name, None, opts)
        vault = _vault(name, args, self)
        self.id = vault.id
        self.address = vault.properties.apply(lambda made: made.vault_uri or "")
        self.grants = [_reader(name, args, vault, self)]
        self.register_outputs({"id": self.id, "address": self.address})


def _vault(name: str, args: VaultArgs, parent: pulumi.Resource) -> keyvault.Vault:
    closed = args.network is not None
    allow = single_addresses(args.network.allow) if args.network else []
    return keyvault.Vault(
        name,
        resource_group_name=args.placement.group,
        vault_name=args.placement.name("vault"),
        location=args.placement.location,
        tags=args.placement.tags,
        properties=keyvault.VaultPropertiesArgs(
            tenant_id=args.tenant_id,
            sku=keyvault.SkuArgs(family=keyvault.SkuFamily.A, name=keyvault.SkuName.STANDARD),
            enable_rbac_authorization=True,
            enable_soft_delete=True,
            soft_delete_retention_in_days=SOFT_DELETE_DAYS,
            enable_purge_protection=True,
            public_network_access="Disabled" if closed and not allow else "Enabled",
            network_acls=keyvault.NetworkRuleSetArgs(
                bypass=keyvault.NetworkRuleBypassOptions.AZURE_SERVICES,
                default_action=keyvault.NetworkRuleAction.DENY
                if closed
                else keyvault.NetworkRuleAction.ALLOW,
                ip_rules=[keyvault.IPRuleArgs(value=one) for one in allow] or None,
            ),
        ),
        opts=pulumi.ResourceOptions(parent=parent, protect=args.placement.protect),
    )


def _reader(
    name: str, args: VaultArgs, vault: keyvault.Vault, parent: pulumi.Resource
) -> authorization.RoleAssignment:
    return roles.grant(
        f"{name}-reader",
        roles.VAULT_SECRETS_USER,
        scope=vault.id,
        principal_id=args.reader,
        placement=args.placement,
        opts=pulumi.ResourceOptions(parent=parent),
    )

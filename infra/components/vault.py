"""The vault: secrets that people set, and that the app's identity reads; no value passes the program."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import authorization, keyvault

from infra.components import roles
from infra.components.placement import Placement
from infra.options.app import VaultSecret

SOFT_DELETE_DAYS = 90


@dataclass(frozen=True, kw_only=True, eq=False)
class VaultArgs:
    """Say who reads the secrets, whose directory knows them, and whether the vault answers the internet."""

    placement: Placement
    reader: pulumi.Output[str]
    tenant_id: pulumi.Output[str]
    public_network: bool = True


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


def addresses(secrets: Mapping[str, str | VaultSecret], vault: Vault | None) -> dict[str, pulumi.Input[str]]:
    """Return each secret's address without a version, so that a new one is taken up as it is set."""
    found: dict[str, pulumi.Input[str]] = {}
    for name, source in secrets.items():
        if isinstance(source, str):
            found[name] = source
        elif vault is not None:
            found[name] = pulumi.Output.concat(vault.address, "secrets/", source.vault)
    return found


def _vault(name: str, args: VaultArgs, parent: pulumi.Resource) -> keyvault.Vault:
    public = args.public_network
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
            public_network_access="Enabled" if public else "Disabled",
            network_acls=keyvault.NetworkRuleSetArgs(
                bypass=keyvault.NetworkRuleBypassOptions.AZURE_SERVICES,
                default_action=keyvault.NetworkRuleAction.ALLOW
                if public
                else keyvault.NetworkRuleAction.DENY,
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

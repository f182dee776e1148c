"""Where Pulumi keeps its state, and the key that encrypts the secrets in it."""

import pulumi
from pulumi_azure_native import keyvault, storage

from infra.bootstrap.place import Place

CONTAINER = "state"
KEY = "pulumi"
KEPT_DAYS = 30


class State(pulumi.ComponentResource):
    """Hold an account without keys, versioned, and its private container."""

    container_id: pulumi.Output[str]
    backend: pulumi.Output[str]

    def __init__(self, name: str, place: Place, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("seatrial:bootstrap:State", name, None, opts)
        account = _account(name, place, self)
        blobs = storage.BlobServiceProperties(
            f"{name}-blobs",
            resource_group_name=place.group,
            account_name=account.name,
            blob_services_name="default",
            is_versioning_enabled=True,
            delete_retention_policy=storage.DeleteRetentionPolicyArgs(enabled=True, days=KEPT_DAYS),
            container_delete_retention_policy=storage.DeleteRetentionPolicyArgs(enabled=True, days=KEPT_DAYS),
            opts=pulumi.ResourceOptions(parent=self),
        )
        container = storage.BlobContainer(
            f"{name}-container",
            resource_group_name=place.group,
            account_name=account.name,
            container_name=CONTAINER,
            public_access=storage.PublicAccess.NONE,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[blobs], protect=True),
        )
        self.container_id = container.id
        self.backend = pulumi.Output.concat("azblob://", CONTAINER, "?storage_account=", account.name)
        self.register_outputs({"backend": self.backend})


def _account(name: str, place: Place, parent: pulumi.Resource) -> storage.StorageAccount:
    return storage.StorageAccount(
        name,
        resource_group_name=place.group,
        account_name=place.name("state"),
        location=place.location,
        tags=place.tags,
        kind=storage.Kind.STORAGE_V2,
        sku=storage.SkuArgs(name=storage.SkuName.STANDARD_ZRS),
        allow_shared_key_access=False,
        allow_blob_public_access=False,
        default_to_o_auth_authentication=True,
        enable_https_traffic_only=True,
        minimum_tls_version=storage.MinimumTlsVersion.TLS1_2,
        opts=pulumi.ResourceOptions(parent=parent, protect=True),
    )


class Secrets(pulumi.ComponentResource):
    """Hold a vault that knows roles alone, and the key."""

    key_id: pulumi.Output[str]
    provider: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        place: Place,
        tenant: pulumi.Output[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("seatrial:bootstrap:Secrets", name, None, opts)
        vault = keyvault.Vault(
            name,
            resource_group_name=place.group,
            vault_name=place.name("vault"),
            location=place.location,
            tags=place.tags,
            properties=keyvault.VaultPropertiesArgs(
                tenant_id=tenant,
                sku=keyvault.SkuArgs(family=keyvault.SkuFamily.A, name=keyvault.SkuName.STANDARD),
                enable_rbac_authorization=True,
                enable_soft_delete=True,
                # Without the key the secrets in every stack's state are lost.
                enable_purge_protection=True,
            ),
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )
        key = keyvault.Key(
            f"{name}-key",
            resource_group_name=place.group,
            vault_name=vault.name,
            key_name=KEY,
            properties=keyvault.KeyPropertiesArgs(
                kty=keyvault.JsonWebKeyType.RSA,
                key_size=3072,
                key_ops=[keyvault.JsonWebKeyOperation.ENCRYPT, keyvault.JsonWebKeyOperation.DECRYPT],
            ),
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )
        self.key_id = key.id
        self.provider = pulumi.Output.concat("azurekeyvault://", vault.name, f".vault.azure.net/keys/{KEY}")
        self.register_outputs({"provider": self.provider})

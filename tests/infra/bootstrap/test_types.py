"""The few types that the bootstrap adds: where they lie, and what they may say."""

from typing import Any

import pytest

from infra.twin.adapters.translate import ArmCall, Translator
from infra.twin.arm.types import TypeTable

PLACE = {"resourceGroupName": "rg", "accountName": "stx"}


def call(token: str, **inputs: Any) -> ArmCall:
    return Translator("bootstrap").call(f"azure-native:{token}", "x", inputs)


def misfits(kind: str, body: dict[str, Any]) -> list[str]:
    table = TypeTable.load()
    found = table.find(kind)
    assert found is not None
    return [misfit.path for misfit in table.fit(found, body)[1]]


def test_a_container_lies_in_the_accounts_only_blob_service() -> None:
    made = call("storage:BlobContainer", **PLACE, containerName="state", publicAccess="None")

    assert made.id.endswith("/storageAccounts/stx/blobServices/default/containers/state")
    assert made.body == {"properties": {"publicAccess": "None"}}
    assert misfits("Microsoft.Storage/storageAccounts/blobServices/containers", made.body) == []


def test_a_blob_service_says_how_long_what_is_deleted_stays() -> None:
    kind = "Microsoft.Storage/storageAccounts/blobServices"
    kept = {"enabled": True, "days": 30}

    made = call(
        "storage:BlobServiceProperties", **PLACE, blobServicesName="default", deleteRetentionPolicy=kept
    )

    assert made.id.endswith("/storageAccounts/stx/blobServices/default")
    assert misfits(kind, made.body) == []
    assert misfits(kind, {"properties": {"deleteRetentionPolicy": {"days": 400}}}) == [
        "properties.deleteRetentionPolicy.days"
    ]


def test_a_keys_times_have_azures_names() -> None:
    kind = "Microsoft.KeyVault/vaults/keys"
    attributes = {"enabled": True, "expires": 1, "notBefore": 0}
    properties = {"kty": "RSA", "keySize": 3072, "keyOps": ["encrypt"], "attributes": attributes}

    made = call("keyvault:Key", resourceGroupName="rg", vaultName="kv", keyName="k", properties=properties)

    assert made.id.endswith("/vaults/kv/keys/k")
    assert made.body["properties"]["attributes"] == {"enabled": True, "exp": 1, "nbf": 0}
    assert misfits(kind, made.body) == []
    assert misfits(kind, {"properties": {"keyType": "RSA"}}) == ["properties.keyType"]


@pytest.mark.parametrize("name", ["a", "a/b"])
def test_a_credential_has_a_name_of_three_to_120_characters(name: str) -> None:
    table = TypeTable.load()
    found = table.find("Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials")

    assert found is not None
    assert table.fit_name(found, name) is not None
    assert table.fit_name(found, "github-branch-main") is None

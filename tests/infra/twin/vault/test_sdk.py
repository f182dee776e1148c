"""The genuine azure-keyvault-secrets against a vault of the twin."""

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import ManagedIdentityCredential
from azure.keyvault.secrets import SecretClient

from tests.infra.twin.vault.conftest import SECRETS_OFFICER, SECRETS_USER, VaultTwin


@pytest.fixture
def client(vault: VaultTwin, monkeypatch: pytest.MonkeyPatch) -> SecretClient:
    """Return a client with the tokens of the vault twin's identity, as a replica gets them."""
    grant = vault.twin.twin.identities.grant([vault.identity["id"]])
    for variable, value in grant.environment().items():
        monkeypatch.setenv(variable, value)
    credential = ManagedIdentityCredential(client_id=vault.identity["properties"]["clientId"])
    # localhost is no domain of vault.azure.net: the one check that a twin's address cannot pass.
    return SecretClient(
        vault.address,
        credential,
        verify_challenge_resource=False,
        connection_verify=vault.certificate,
        retry_total=0,
    )


def test_set_read_list_delete_and_recover(vault: VaultTwin, client: SecretClient) -> None:
    vault.role(SECRETS_OFFICER)
    with client:
        first = client.set_secret("weather-api-key", "one", content_type="text/plain", tags={"of": "test"})
        client.set_secret("weather-api-key", "two")

        assert client.get_secret("weather-api-key").value == "two"
        assert client.get_secret("weather-api-key", first.properties.version).value == "one"
        assert [one.name for one in client.list_properties_of_secrets()] == ["weather-api-key"]
        assert len(list(client.list_properties_of_secret_versions("weather-api-key"))) == 2
        gone = client.begin_delete_secret("weather-api-key").result()
        assert gone.scheduled_purge_date is not None
        with pytest.raises(ResourceNotFoundError, match="SecretNotFound"):
            client.get_secret("weather-api-key")
        assert [one.name for one in client.list_deleted_secrets()] == ["weather-api-key"]
        client.begin_recover_deleted_secret("weather-api-key").wait()
        assert client.get_secret("weather-api-key").value == "two"


def test_a_user_may_not_set(vault: VaultTwin, client: SecretClient) -> None:
    vault.role(SECRETS_USER)
    with client, pytest.raises(HttpResponseError, match="not authorized") as refused:
        client.set_secret("weather-api-key", "one")

    assert refused.value.status_code == 403

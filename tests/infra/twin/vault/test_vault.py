"""A vault over TLS: values and versions, who may do what in whose words, and what stays on disk."""

import ssl
import stat
from pathlib import Path

import httpx
import pytest

from infra.twin.arm.store import CorruptedStateError
from infra.twin.config import TwinConfig
from infra.twin.vault.store import SecretStore
from tests.infra.twin.conftest import rehearsal
from tests.infra.twin.vault.conftest import (
    OWNER,
    SECRETS_OFFICER,
    SECRETS_USER,
    VERSION,
    VaultTwin,
    make_vault,
)

KEY = "/secrets/weather-api-key"
VALUE = {"value": "s3cr3t-value"}


def code(answer: httpx.Response) -> str:
    error = answer.json()["error"]
    return str(error.get("innererror", {}).get("code", error["code"]))


def test_an_officer_sets_reads_lists_and_replaces(vault: VaultTwin) -> None:
    vault.role(SECRETS_OFFICER)

    first = vault.ask("PUT", KEY, json=VALUE).json()
    second = vault.ask("PUT", KEY, json={"value": "another"}).json()

    assert first["id"].startswith(f"{vault.address}{KEY}/")
    assert first["id"] != second["id"]
    assert vault.ask("GET", f"{KEY}/").json()["value"] == "another"
    assert vault.ask("GET", f"{KEY}/{first['id'].rpartition('/')[2]}").json()["value"] == VALUE["value"]
    listed = vault.ask("GET", "/secrets").json()["value"]
    assert [one["id"] for one in listed] == [f"{vault.address}{KEY}"]
    versions = vault.ask("GET", f"{KEY}/versions").json()["value"]
    assert [one["id"] for one in versions] == [first["id"], second["id"]]
    assert "value" not in listed[0] | versions[0]


def test_without_a_role_nothing_is_shown_in_key_vaults_words(vault: VaultTwin) -> None:
    vault.role(OWNER)

    answer = vault.ask("GET", KEY)

    assert (answer.status_code, code(answer)) == (403, "ForbiddenByRbac")
    message = answer.json()["error"]["message"]
    assert "Action: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'" in message
    assert f"Resource: '{vault.id}/secrets/weather-api-key'" in message
    assert vault.identity["properties"]["principalId"] in message


def test_a_user_reads_and_does_not_write(vault: VaultTwin) -> None:
    vault.ask("PUT", KEY, vault.operator_token(), json=VALUE).raise_for_status()
    vault.role(SECRETS_USER)

    assert vault.ask("GET", KEY).json()["value"] == VALUE["value"]
    assert vault.ask("PUT", KEY, json=VALUE).status_code == 403
    assert vault.ask("DELETE", KEY).status_code == 403


def test_a_role_at_one_secret_opens_that_one(vault: VaultTwin) -> None:
    for path in (KEY, "/secrets/other"):
        vault.twin.arm.put(f"{vault.id}{path}", {"properties": VALUE}, VERSION)
    vault.role(SECRETS_USER, f"{vault.id}/secrets/weather-api-key")

    assert vault.ask("GET", KEY).status_code == 200
    assert vault.ask("GET", "/secrets/other").status_code == 403


@pytest.mark.parametrize("audience", ["https://management.azure.com", "https://cosmos.azure.com"])
def test_a_token_for_another_service_is_not_believed(vault: VaultTwin, audience: str) -> None:
    vault.role(SECRETS_OFFICER)

    answer = vault.ask("GET", "/secrets", vault.token(audience))

    assert (answer.status_code, code(answer)) == (401, "Unauthorized")


def test_a_client_without_a_token_is_told_where_to_get_one(vault: VaultTwin) -> None:
    answer = vault.ask("GET", "/secrets", "")

    assert answer.status_code == 401
    challenge = answer.headers["WWW-Authenticate"]
    assert 'resource="https://vault.azure.net"' in challenge
    assert f'authorization="{vault.twin.twin.platform.control}/' in challenge


def test_a_deleted_secret_holds_its_name_until_it_is_recovered(vault: VaultTwin) -> None:
    vault.role(SECRETS_OFFICER)
    vault.ask("PUT", KEY, json=VALUE)

    assert vault.ask("DELETE", KEY).json()["recoveryId"].endswith("/deletedsecrets/weather-api-key")
    missing = vault.ask("GET", KEY)
    assert (missing.status_code, code(missing)) == (404, "SecretNotFound")
    held = vault.ask("PUT", KEY, json=VALUE)
    assert (held.status_code, code(held)) == (409, "ObjectIsDeletedButRecoverable")
    purged = vault.ask("DELETE", "/deletedsecrets/weather-api-key")
    assert purged.status_code == 403
    vault.ask("POST", "/deletedsecrets/weather-api-key/recover").raise_for_status()
    assert vault.ask("GET", KEY).json()["value"] == VALUE["value"]


def test_a_disabled_value_is_not_given_out(vault: VaultTwin) -> None:
    vault.role(SECRETS_OFFICER)
    made = vault.ask("PUT", KEY, json=VALUE).json()

    path = f"{KEY}/{made['id'].rpartition('/')[2]}"
    vault.ask("PATCH", path, json={"attributes": {"enabled": False}}).raise_for_status()

    answer = vault.ask("GET", KEY)
    assert (answer.status_code, code(answer)) == (403, "SecretDisabled")


@pytest.mark.parametrize(
    ("path", "body"),
    [(KEY, {}), (KEY, {"value": 5}), ("/secrets/under_score", VALUE), (KEY, {"value": "x" * 25_601})],
)
def test_what_key_vault_refuses_is_refused(vault: VaultTwin, path: str, body: dict[str, object]) -> None:
    vault.role(SECRETS_OFFICER)

    answer = vault.ask("PUT", path, json=body)

    assert (answer.status_code, code(answer)) == (400, "BadParameter")
    assert "xxx" not in answer.text


def test_values_lie_in_a_file_of_its_owner_alone_and_nowhere_else(vault: VaultTwin) -> None:
    vault.ask("PUT", KEY, vault.operator_token(), json=VALUE).raise_for_status()
    state = vault.twin.twin.config.state

    holding = [path for path in state.rglob("*") if path.is_file() and b"s3cr3t" in path.read_bytes()]

    assert holding == [state / "vaults" / "kv-dev" / "secrets.json"]
    assert stat.S_IMODE(holding[0].stat().st_mode) == 0o600
    assert stat.S_IMODE(holding[0].parent.stat().st_mode) == 0o700
    assert "s3cr3t" not in repr(vault.twin.admin.status())


def test_a_secret_in_a_template_gets_into_the_vault_and_not_into_arm(vault: VaultTwin) -> None:
    shown = vault.twin.arm.put(f"{vault.id}{KEY}", {"properties": VALUE}, VERSION)

    assert "value" not in shown["properties"]
    assert vault.ask("GET", KEY, vault.operator_token()).json()["value"] == VALUE["value"]
    assert "s3cr3t" not in (vault.twin.twin.config.state / "arm.json").read_text()


def test_purge_protection_stays_on(vault: VaultTwin) -> None:
    with pytest.raises(Exception, match="irreversible"):
        make_vault(vault.twin, enablePurgeProtection=None)


def test_secrets_and_address_outlive_a_restart_and_not_the_vault(config: TwinConfig) -> None:
    addresses = set()
    with rehearsal(config) as twin:
        twin.group()
        vault = VaultTwin(twin, make_vault(twin), twin.identity())
        vault.ask("PUT", KEY, vault.operator_token(), json=VALUE).raise_for_status()
        addresses.add(vault.address)
    with rehearsal(config) as twin:
        again = VaultTwin(twin, twin.arm.get(vault.id, VERSION), vault.identity)
        assert again.ask("GET", KEY, again.operator_token()).json()["value"] == VALUE["value"]
        addresses.add(again.address)
        twin.arm.delete(vault.id, VERSION)
        assert not (config.state / "vaults" / "kv-dev").exists()
        context = ssl.create_default_context(cafile=again.certificate)
        with pytest.raises(httpx.TransportError), httpx.Client(verify=context, trust_env=False) as client:
            client.get(f"{again.address}/secrets")
    assert len(addresses) == 1


def test_a_damaged_file_is_said_without_quoting_it(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.write_text('{"format": 1, "secrets": {"a": {"name": "a", "versions": [{"value": "s3cr3t"}]}}}')

    with pytest.raises(CorruptedStateError) as refused:
        SecretStore.open(path)

    assert str(path) in str(refused.value)
    assert "s3cr3t" not in str(refused.value)

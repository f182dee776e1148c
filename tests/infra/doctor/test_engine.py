"""Pulumi's version, state and secrets, over what it says."""

import pytest

from tests.infra.doctor.conftest import MISSING, Verdict, refused, said

VAULT = "azurekeyvault://kv-x.vault.azure.net/keys/pulumi"
# https://github.com/pulumi/pulumi/issues/13684
NOT_LOGGED_IN = "error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions"
# https://github.com/pulumi/pulumi/issues/21878
NO_ROLE = (
    'error: problem logging in: read ".pulumi\\\\meta.yaml": blob (key ".pulumi/meta.yaml") (code=Unknown): '
    "GET https://mystorage.blob.core.windows.net/pulumi/.pulumi/meta.yaml\n"
    "--------------------------------------------------------------------------------\n"
    "RESPONSE 403: 403 This request is not authorized to perform this operation using this permission.\n"
    "ERROR CODE: AuthorizationPermissionMismatch\n"
)
# What Pulumi 3.250 says of azblob without any credential; pulumi/docs#16038 is about which ones it reads.
NO_CREDENTIAL = (
    'error: read ".pulumi/meta.yaml": blob (key ".pulumi/meta.yaml") (code=Unknown): '
    "DefaultAzureCredential: failed to acquire a token.\nAttempted credentials:\n"
    "\tEnvironmentCredential: missing environment variable AZURE_TENANT_ID\n"
)
# https://github.com/pulumi/pulumi-azure-native/issues/890
FORBIDDEN = (
    "ERROR: (Forbidden) Caller is not authorized to perform action on resource.\n"
    "If role assignments, deny assignments or role definitions were changed recently, "
    "please observe propagation time.\n"
)


@pytest.mark.parametrize(
    ("answer", "status"),
    [(said("v3.272.0\n"), "ok"), (said("v3.71.0\n"), "fail"), (MISSING, "fail"), (said("dev"), "fail")],
)
def test_pulumi_has_to_be_as_new_as_the_project_wants(verdict: Verdict, answer, status: str) -> None:
    assert verdict("pulumi", {"version": answer}).status == status


@pytest.mark.parametrize(
    ("words", "next_step"),
    [
        (NOT_LOGGED_IN, "seatrial bootstrap"),
        (NO_ROLE, "Storage Blob Data Contributor"),
        (NO_CREDENTIAL, "AZURE_CLIENT_ID"),
    ],
)
def test_a_state_out_of_reach_names_the_next_step(verdict: Verdict, words: str, next_step: str) -> None:
    found = verdict("state", {"whoami": refused(words, 255)})

    assert found.status == "fail"
    assert next_step in found.fix


def test_a_state_on_this_machine_alone_is_warned_of(verdict: Verdict) -> None:
    assert verdict("state", {"whoami": said({"user": "me", "url": "file:///home/me"})}).status == "warn"
    shared = said({"user": "me", "url": "azblob://state?storage_account=stx"})
    assert verdict("state", {"whoami": shared}).status == "ok"
    assert verdict("state", {"whoami": MISSING}).status == "skipped"


def test_secrets_need_a_provider_or_a_passphrase(verdict: Verdict) -> None:
    shared = {"whoami": said({"user": "me", "url": "azblob://state?storage_account=stx"})}
    cloud = {"whoami": said({"user": "me", "url": "https://app.pulumi.com/me"})}
    passphrase = {"PULUMI_CONFIG_PASSPHRASE_FILE": "p"}

    assert verdict("secrets", shared).status == "fail"
    assert verdict("secrets", shared, environment=passphrase).status == "warn"
    assert verdict("secrets", cloud).status == "ok"
    assert verdict("secrets", {"whoami": refused(NOT_LOGGED_IN)}).status == "skipped"
    assert verdict("secrets", {"whoami": MISSING}).status == "skipped"


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (said({"key": {"kty": "RSA"}}), "ok"),
        (refused(FORBIDDEN), "fail"),
        # https://learn.microsoft.com/azure/key-vault/general/rest-error-codes
        (
            refused("ERROR: (KeyNotFound) A key with (name/id) pulumi was not found in this key vault."),
            "fail",
        ),
        (MISSING, "skipped"),
    ],
)
def test_the_key_for_secrets_has_to_be_usable(verdict: Verdict, answer, status: str) -> None:
    assert verdict("secrets", {"key": answer}, secrets_provider=VAULT).status == status

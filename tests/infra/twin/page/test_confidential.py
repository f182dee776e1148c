"""What counts as a secret, and what does not."""

import json

import pytest

from infra.twin.page.confidential import LEFT_OUT, Mask, secrets_in, without_secrets

SECRET = [
    {"adminPassword": "x"},
    {"primaryKey": "x"},
    {"primaryMasterKey": "x"},
    {"key1": "x"},
    {"InstrumentationKey": "x"},
    {"ConnectionString": "x"},
    {"clientSecret": "x"},
    {"sasUrl": "x"},
    {"refresh_token": "x"},
    {"secrets": [{"name": "weather", "value": "x"}]},
    {"env": [{"name": "WEATHER_API_KEY", "value": "x"}]},
    {"env": [{"name": "APPLICATIONINSIGHTS_CONNECTION_STRING", "value": "x"}]},
    {"a": [{"b": {"password": "x"}}]},
]
PLAIN = [
    {"disableLocalAuth": True},
    {"allowSharedKeyAccess": False},
    {"keyVaultUrl": "https://kv/secrets/a"},
    {"secretRef": "weather"},
    {"passwordSecretRef": "weather"},
    {"clientSecretSettingName": "weather"},
    {"keySource": "Microsoft.Storage"},
    {"partitionKey": {"paths": ["/pk"]}},
    {"secrets": [{"name": "weather", "keyVaultUrl": "x", "identity": "y"}]},
    {"env": [{"name": "LOG_LEVEL", "value": "INFO"}]},
    {"env": [{"name": "OTHER", "secretRef": "weather"}]},
    {"tags": {"value": "shown"}},
]


@pytest.mark.parametrize("value", SECRET, ids=json.dumps)
def test_a_secret_is_left_out(value: dict[str, object]) -> None:
    shown = json.dumps(without_secrets(value))

    assert LEFT_OUT in shown
    assert '"x"' not in shown
    assert list(secrets_in(value)) == ["x"]


@pytest.mark.parametrize("value", PLAIN, ids=json.dumps)
def test_what_is_none_stays(value: dict[str, object]) -> None:
    assert without_secrets(value) == value
    assert list(secrets_in(value)) == []


def test_a_vaults_secret_has_its_value_in_properties() -> None:
    assert without_secrets({"value": "x"}, "Microsoft.KeyVault/vaults/secrets") == {"value": LEFT_OUT}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("it said hunter2-hunter2 twice", f"it said {LEFT_OUT} twice"),
        ("eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJkZXYifQ.c2ln end", f"{LEFT_OUT} end"),
        ("Authorization: Bearer abcdefgh1234==", f"Authorization: Bearer {LEFT_OUT}"),
        ("InstrumentationKey=0001;IngestionEndpoint=http://a/", f"InstrumentationKey={LEFT_OUT};Ingestion"),
        ("https://a/b?sv=1&sig=abc%3D&se=2", f"https://a/b?sv=1&sig={LEFT_OUT}&se=2"),
        ("http://a/?ticket=abc", f"http://a/?ticket={LEFT_OUT}"),
        ("-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----.", f"{LEFT_OUT}."),
        ("a short dev stays", "a short dev stays"),
    ],
)
def test_known_secrets_and_their_likes_are_masked_in_any_text(text: str, shown: str) -> None:
    mask = Mask(["hunter2-hunter2", "dev"])

    assert mask({"a": [text], "n": 1})["a"][0].startswith(shown)
    assert mask({"a": [text], "n": 1})["n"] == 1


@pytest.mark.parametrize(
    "text",
    ['{"said": "one\\"two\\nthree-four"}', "?q=one%22two%0Athree-four", "three-four", 'one"two\nthree-four'],
)
def test_a_secret_is_masked_however_it_is_written(text: str) -> None:
    shown = Mask(['one"two\nthree-four'])(text)

    assert LEFT_OUT in shown
    assert "three-four" not in shown


def test_the_longer_of_two_secrets_is_masked_whole() -> None:
    assert Mask(["abcdefgh", "abcdefghij"])("abcdefghij") == LEFT_OUT

"""What the environment may say."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from app.settings import ConfigurationError, legal_variables, read_settings

OPEN = {"SEATRIAL_AUTH": "open"}
CONTRACT = {
    "PORT",
    "LOG_LEVEL",
    "ENV",
    "OPENAI_API_BASE",
    "OPENAI_API_KEY",
    "OPENAI_MODEL_NAME",
    "AZURE_OPENAI_ENDPOINT",
    "USE_MEMORY_CHECKPOINTER",
    "COSMOS_ENDPOINT",
    "AZURE_CLIENT_ID",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "SEATRIAL_AUTH",
    "AUTH_JWKS",
    "AUTH_ISSUER",
    "AUTH_AUDIENCE",
    "AUTH_JWKS_URL",
}


def test_the_contracts_variables_are_legal_and_the_rest_has_the_prefix() -> None:
    legal = set(legal_variables())

    assert legal >= CONTRACT
    assert [name for name in legal - CONTRACT if not name.startswith("SEATRIAL_")] == []


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({}, ["SEATRIAL_AUTH", "key", "entra", "open"]),
        ({"SEATRIAL_AUTH": "none"}, ["SEATRIAL_AUTH='none'", "'key', 'entra' or 'open'"]),
        ({**OPEN, "SEATRIAL_AUHT": "x"}, ["SEATRIAL_AUHT", "SEATRIAL_AUTH"]),
        ({**OPEN, "PORT": "http"}, ["PORT='http'"]),
        ({**OPEN, "PORT": "70000"}, ["PORT='70000'", "65535"]),
        ({**OPEN, "LOG_LEVEL": "loud"}, ["LOG_LEVEL", "'WARNING'"]),
        ({**OPEN, "ENV": "prod"}, ["SEATRIAL_AUTH=open", "ENV=prod"]),
        ({**OPEN, "COSMOS_ENDPOINT": "http://c/"}, ["COSMOS_ENDPOINT='http://c/'", "https://"]),
        ({**OPEN, "SEATRIAL_COSMOS_DATABASE": "a/b"}, ["SEATRIAL_COSMOS_DATABASE='a/b'"]),
        ({**OPEN, "SEATRIAL_RETENTION_DAYS": "0"}, ["SEATRIAL_RETENTION_DAYS='0'", "greater than 0"]),
        ({**OPEN, "SEATRIAL_RETENTION_DAYS": "30000"}, ["SEATRIAL_RETENTION_DAYS='30000'", "24855"]),
        ({**OPEN, "AZURE_OPENAI_ENDPOINT": "nowhere"}, ["AZURE_OPENAI_ENDPOINT='nowhere'"]),
        ({"SEATRIAL_AUTH": "key"}, ["AUTH_JWKS is not set"]),
        ({"SEATRIAL_AUTH": "key", "AUTH_JWKS": "{"}, ["AUTH_JWKS", "not JSON"]),
        ({"SEATRIAL_AUTH": "key", "AUTH_JWKS": '{"keys": []}'}, ["AUTH_JWKS", "no key"]),
        ({"SEATRIAL_AUTH": "key", "AUTH_JWKS": "/no/file"}, ["/no/file"]),
        (
            {"SEATRIAL_AUTH": "key", "AUTH_JWKS": '{"keys": [{"kty": "oct", "k": "YQ"}]}'},
            ["'oct'", "RSA, EC"],
        ),
        ({"SEATRIAL_AUTH": "entra", "AUTH_ISSUER": "i"}, ["AUTH_AUDIENCE is not set"]),
    ],
)
def test_a_wrong_variable_is_named_with_its_value_and_what_is_allowed(
    variables: dict[str, str], words: list[str]
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_settings(variables)

    assert [word for word in words if word not in str(caught.value)] == []
    assert "\n" not in str(caught.value)


def test_a_private_key_is_refused_and_not_shown(signer: Any) -> None:
    document = json.loads(signer.jwks())
    document["keys"][0]["d"] = "c2VjcmV0"

    with pytest.raises(ConfigurationError, match="private key") as caught:
        read_settings({"SEATRIAL_AUTH": "key", "AUTH_JWKS": json.dumps(document)})

    assert "c2VjcmV0" not in str(caught.value)


def test_the_key_set_may_be_a_file(signer: Any, tmp_path: Path) -> None:
    file = tmp_path / "jwks.json"
    file.write_text(signer.jwks())

    settings = read_settings({"SEATRIAL_AUTH": "key", "AUTH_JWKS": str(file)})

    assert settings.auth.keys().find("dev") is not None


@pytest.mark.parametrize(
    ("given", "cosmos"),
    [
        ({}, False),
        ({"COSMOS_ENDPOINT": "https://c"}, True),
        ({"COSMOS_ENDPOINT": "https://c", "USE_MEMORY_CHECKPOINTER": "true"}, False),
    ],
)
def test_a_cosmos_endpoint_is_used_unless_memory_stands_in(given: dict[str, str], cosmos: bool) -> None:  # noqa: FBT001
    assert read_settings({**OPEN, **given}).state.cosmos is cosmos


def test_retention_is_for_ever_or_so_many_days() -> None:
    assert read_settings(OPEN).state.retention_seconds is None
    assert read_settings({**OPEN, "SEATRIAL_RETENTION_DAYS": "30"}).state.retention_seconds == 2_592_000


@pytest.mark.parametrize(("given", "host"), [({}, "127.0.0.1"), ({"SEATRIAL_HOST": "0.0.0.0"}, "0.0.0.0")])
def test_open_mode_listens_at_home_unless_told_otherwise(given: dict[str, str], host: str) -> None:
    assert read_settings({**OPEN, **given}).server.host == host


def test_who_asks_for_tokens_listens_everywhere(signer: Any) -> None:
    settings = read_settings({"SEATRIAL_AUTH": "key", "AUTH_JWKS": signer.jwks()})

    assert settings.server.host == "0.0.0.0"


def test_an_empty_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("SEATRIAL_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SEATRIAL_AUTH", "open")
    monkeypatch.setenv("PORT", "")
    monkeypatch.setenv("LOG_LEVEL", "debug")

    settings = read_settings()

    assert (settings.server.port, settings.telemetry.log_level) == (8000, "DEBUG")


def test_settings_are_fixed_and_hide_secrets() -> None:
    settings = read_settings({**OPEN, "OPENAI_API_KEY": "sk-secret"})

    assert "sk-secret" not in repr(settings)
    with pytest.raises(ValidationError):
        settings.server.port = 1  # type: ignore[misc]  # what must fail

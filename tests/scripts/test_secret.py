"""`seatrial secret` against a vault of a running twin, and against one that plays Azure's part."""

import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.project import Project
from infra.twin.config import TwinConfig
from tests.infra.twin.conftest import SUBSCRIPTION, TENANT, rehearsal
from tests.infra.twin.vault.conftest import SECRETS_OFFICER, VaultTwin, make_vault
from tests.scripts.conftest import Said

Seatrial = Callable[..., Said]
VALUE = "s3cr3t-value"


@pytest.fixture
def vault(project: Project) -> Iterator[VaultTwin]:
    state = project.state("dev")
    state.mkdir(parents=True)
    config = TwinConfig(
        stack="dev", state=state, app_cwd=project.root, subscription=SUBSCRIPTION, tenant=TENANT
    )
    with rehearsal(config) as twin:
        twin.group()
        yield VaultTwin(twin, make_vault(twin), twin.identity())


def held(vault: VaultTwin) -> str:
    answer = vault.ask("GET", "/secrets/weather-api-key", vault.operator_token())
    return str(answer.raise_for_status().json()["value"])


def stdin(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def test_a_value_goes_from_a_file_into_the_vault_and_is_never_said(
    seatrial: Seatrial, vault: VaultTwin, tmp_path: Path
) -> None:
    file = tmp_path / "key"
    file.write_text(f"{VALUE}\n")

    said = seatrial("secret", "set", "weather-api-key", "--from-file", str(file))

    assert (said.code, held(vault)) == (0, VALUE)
    assert "set weather-api-key (version " in said.out
    assert "in kv-dev on the twin" in said.out
    assert VALUE not in said.out + said.err


def test_a_value_comes_from_stdin_without_its_line_break_alone(
    seatrial: Seatrial, vault: VaultTwin, monkeypatch: pytest.MonkeyPatch
) -> None:
    stdin(monkeypatch, f" {VALUE}\n\r\n")

    assert seatrial("secret", "set", "weather-api-key", "--json").code == 0

    assert held(vault) == f" {VALUE}\n"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("weather-api-key", VALUE), "shell's history"),
        ((f"weather-api-key={VALUE}",), "no name of a secret"),
        ((f"weather api key {VALUE}",), "no name of a secret"),
    ],
)
def test_a_value_on_the_command_line_is_refused_and_not_echoed(
    seatrial: Seatrial, project: Project, words: tuple[str, ...], says: str
) -> None:
    said = seatrial("secret", "set", *words)

    assert said.code == 2
    assert says in said.err
    assert VALUE not in said.out + said.err


def test_nothing_is_set_to_nothing(
    seatrial: Seatrial, vault: VaultTwin, monkeypatch: pytest.MonkeyPatch
) -> None:
    stdin(monkeypatch, "\n")

    said = seatrial("secret", "set", "weather-api-key")

    assert (said.code, "the value is empty" in said.err) == (2, True)


def test_the_list_names_what_the_stack_wants_and_nobody_set(
    seatrial: Seatrial, vault: VaultTwin, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project.stack_file("dev")
    text = path.read_text()
    assert "    secrets: {}\n" in text
    path.write_text(
        text.replace("    secrets: {}\n", "    secrets:\n      weather:\n        vault: weather-api-key\n")
    )

    before = seatrial("secret", "list")
    stdin(monkeypatch, VALUE)
    seatrial("secret", "set", "weather-api-key")
    after = seatrial("secret", "list", "--json")

    assert (before.code, "weather-api-key  not set" in before.out) == (3, True)
    body = json.loads(after.out)
    assert (after.code, body["missing"]) == (0, [])
    assert [one["name"] for one in body["secrets"]] == ["weather-api-key"]
    assert VALUE not in after.out


def test_a_deleted_secret_is_recovered(
    seatrial: Seatrial, vault: VaultTwin, monkeypatch: pytest.MonkeyPatch
) -> None:
    stdin(monkeypatch, VALUE)
    seatrial("secret", "set", "weather-api-key")

    assert seatrial("secret", "delete", "weather-api-key").code == 0
    stdin(monkeypatch, VALUE)
    refused = seatrial("secret", "set", "weather-api-key")
    assert refused.code == 1
    assert "seatrial secret recover" in refused.err
    assert VALUE not in refused.err
    assert seatrial("secret", "recover", "weather-api-key").code == 0
    assert held(vault) == VALUE


def test_without_a_twin_the_next_step_is_said(seatrial: Seatrial) -> None:
    said = seatrial("secret", "list")

    assert (said.code, "run `seatrial up`" in said.err) == (1, True)


def test_without_a_twin_a_value_waits_for_the_next_one(
    seatrial: Seatrial, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    stdin(monkeypatch, VALUE)
    said = seatrial("secret", "set", "weather-api-key")
    waiting = project.state("dev") / "vaults" / "waiting.json"

    assert (said.code, "dev's next twin" in said.out) == (0, True)
    assert waiting.stat().st_mode & 0o777 == 0o600
    state = project.state("dev")
    config = TwinConfig(
        stack="dev", state=state, app_cwd=project.root, subscription=SUBSCRIPTION, tenant=TENANT
    )
    with rehearsal(config) as twin:
        twin.group()
        assert held(VaultTwin(twin, make_vault(twin), twin.identity())) == VALUE
    assert not waiting.exists()


@pytest.fixture
def azure(
    vault: VaultTwin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seatrial: Seatrial
) -> Callable[..., Said]:
    """Give `seatrial secret --azure` with the twin's vault, directory and certificate in Azure's place."""
    outputs = json.dumps({"endpointVault": f"{vault.address}/"})
    pulumi = tmp_path / "bin" / "pulumi"
    pulumi.parent.mkdir()
    pulumi.write_text(f"#!/bin/sh\necho '{outputs}'\n")
    pulumi.chmod(0o755)
    grant = vault.twin.twin.identities.grant([vault.identity["id"]])
    variables = {
        **grant.environment(),
        "AZURE_CLIENT_ID": vault.identity["properties"]["clientId"],
        "NO_PROXY": "localhost",
        "PATH": f"{pulumi.parent}:/usr/bin:/bin",
        "SSL_CERT_FILE": vault.certificate,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return lambda *words: seatrial("secret", *words, "--azure")


def test_in_azure_a_role_is_needed_and_ownership_is_not_enough(
    azure: Callable[..., Said], vault: VaultTwin, monkeypatch: pytest.MonkeyPatch
) -> None:
    stdin(monkeypatch, VALUE)
    refused = azure("set", "weather-api-key")
    vault.role(SECRETS_OFFICER)
    stdin(monkeypatch, VALUE)
    said = azure("set", "weather-api-key")

    assert refused.code == 1
    assert "ForbiddenByRbac" in refused.err
    assert "Key Vault Secrets Officer" in refused.err
    assert (said.code, held(vault)) == (0, VALUE)
    assert "in Azure" in said.out
    assert VALUE not in said.out + said.err + refused.out + refused.err

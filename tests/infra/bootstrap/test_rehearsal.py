"""The bootstrap on a real twin: by the in-process adapter, and by the genuine engine."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from infra.bootstrap.account import VARIABLES, commands, variables
from infra.bootstrap.config import BootstrapConfig
from infra.bootstrap.deployment import Deployment
from infra.bootstrap.rehearsal import _twin, rehearse
from infra.project import Project
from infra.twin.client import ArmClient, ArmError

CONFIG = BootstrapConfig(repository="octo/hello")
CREDENTIALS = "2023-01-31"


@pytest.mark.long
@pytest.mark.twin
def test_the_rehearsal_makes_everything_and_a_second_run_changes_nothing(
    project: Project, bytecode: None
) -> None:
    told: list[str] = []

    found = rehearse(project, CONFIG, told.append)

    assert len(found.resources) == len(told) == 20
    assert found.outputs.keys() == set(VARIABLES)
    assert found.outputs["PULUMI_BACKEND_URL"].startswith("azblob://state?storage_account=stseatrial")
    assert found.outputs["PULUMI_SECRETS_PROVIDER"].startswith("azurekeyvault://kv-seatrial-")
    assert found.outputs["AZURE_CLIENT_ID"] != found.outputs["AZURE_PREVIEW_CLIENT_ID"]


@pytest.mark.twin
def test_the_twin_refuses_credentials_as_azure_does(project: Project, tmp_path: Path) -> None:
    group = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg"
    identity = f"{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id"

    def credential(client: ArmClient, name: str, subject: str) -> None:
        properties = {"issuer": "https://x", "subject": subject, "audiences": ["a"]}
        client.put(f"{identity}/federatedIdentityCredentials/{name}", {"properties": properties}, CREDENTIALS)

    with _twin(project, tmp_path) as state, ArmClient.connect(state) as client:
        client.put(group, {"location": "eastus"}, "2024-03-01")
        client.put(identity, {"location": "eastus"}, CREDENTIALS)
        credential(client, "first", "s1")
        credential(client, "first", "s1")
        with pytest.raises(ArmError, match="already exists"):
            credential(client, "second", "s1")
        for at in range(2, 21):
            credential(client, f"cred{at}", f"s{at}")
        with pytest.raises(ArmError, match="at most 20"):
            credential(client, "cred21", "s21")


@pytest.mark.twin
@pytest.mark.pulumi
@pytest.mark.timeout(300)
def test_the_genuine_engine_makes_it_once_and_leaves_no_file_in_the_checkout(
    project: Project, tmp_path: Path, bytecode: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "project"
    leave = shutil.ignore_patterns("__pycache__")
    for folder in ("infra", "stacks"):
        shutil.copytree(project.root / folder, copy / folder, ignore=leave)
    own = copy / "infra" / "bootstrap" / "Pulumi.yaml"
    own.write_text("name: seatrial-bootstrap\nruntime: python\nstackConfigDir: ../../.seatrial/bootstrap\n")
    before = {path for path in copy.rglob("*") if "__pycache__" not in path.parts}
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    with _twin(project, tmp_path) as state:
        tools = [_provider(project, tmp_path, state), str(Path(sys.executable).parent), os.environ["PATH"]]
        monkeypatch.setenv("PATH", os.pathsep.join(tools))
        deployment = Deployment(project=Project(copy), config=CONFIG, yes=True)
        deployment.preview()
        made = deployment.up()
        again = deployment.up()
        history = _history(deployment)

    assert made == again
    assert made.keys() == set(VARIABLES)
    assert [one["resourceChanges"] for one in history] == [{"same": 25}, {"create": 25}]
    after = {path for path in copy.rglob("*") if "__pycache__" not in path.parts}
    assert {path.relative_to(copy).parts[0] for path in after - before} == {".seatrial"}


def _provider(project: Project, folder: Path, state: Path) -> str:
    """Put the twin's provider where the engine looks for azure-native; return the folder."""
    script = folder / "bin" / "pulumi-resource-azure-native"
    script.parent.mkdir()
    module = [sys.executable, "-m", "infra.twin.adapters.provider"]
    command = shlex.join([*module, "--twin", str(state), "--stack", "bootstrap"])
    script.write_text(f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(project.root))} exec {command} "$@"\n')
    script.chmod(0o755)
    return str(script.parent)


def _history(deployment: Deployment) -> list[dict[str, object]]:
    told = subprocess.run(
        ["pulumi", "stack", "history", "--json"],
        cwd=deployment.folder,
        env=deployment.environment(os.environ),
        capture_output=True,
        text=True,
        check=True,
    )
    return list(json.loads(told.stdout))


def test_before_anything_is_made_the_values_are_named_and_not_guessed() -> None:
    found = variables(None)

    assert set(found.values()) == {None}
    lines = commands("octo/hello", ["dev"], found)
    assert "gh variable set AZURE_CLIENT_ID --repo octo/hello --body '<AZURE_CLIENT_ID>'" in lines
    assert lines[-1] == "pulumi -C infra stack init dev --secrets-provider '<PULUMI_SECRETS_PROVIDER>'"


def test_no_command_holds_a_secret() -> None:
    values = dict.fromkeys(VARIABLES, "x")

    assert not any("gh secret" in line for line in commands("octo/hello", ["dev"], variables(values)))

"""What a synthesis loads: the provider's modules that the stack uses, and none of an option that is off."""

import json
import subprocess
import sys

import pytest

from infra.project import Project
from infra.synthesis import adapter_environment

PROGRAM = """
import json, sys
from pathlib import Path
from infra.twin.adapters.inprocess import main
code = main(["synth", "--project", str(Path.cwd()), "--stack", "dev"])
print(json.dumps({"event": "loaded", "code": code, "modules": sorted(sys.modules)}))
"""
AZURE = "pulumi_azure_native."


@pytest.fixture(scope="module")
def said(project: Project, bytecode: None) -> dict[str, dict[str, object]]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=project.root,
        env=adapter_environment(project),
        capture_output=True,
        text=True,
        check=True,
    )
    return {event["event"]: event for event in map(json.loads, done.stdout.splitlines())}


@pytest.mark.long
def test_only_the_modules_of_the_provider_that_the_stack_uses_are_loaded(
    said: dict[str, dict[str, object]],
) -> None:
    # Every module of the provider has a name in sys.modules; one that is loaded has modules of its own there.
    names = [name.removeprefix(AZURE) for name in said["loaded"]["modules"] if name.startswith(AZURE)]  # type: ignore[attr-defined]
    loaded = {name.partition(".")[0] for name in names if "." in name}
    used = {resource["type"].split(":")[1] for resource in said["plan"]["resources"]}  # type: ignore[attr-defined]

    assert said["loaded"]["code"] == 0
    assert loaded == used
    assert not loaded & {"cdn", "keyvault", "network", "privatedns", "redis", "redisenterprise"}


@pytest.mark.long
def test_what_only_an_update_needs_is_not_loaded(said: dict[str, dict[str, object]]) -> None:
    modules = said["loaded"]["modules"]

    assert not {"azure.identity", "docker", "httpx"} & set(modules)  # type: ignore[call-overload]

import shutil
from pathlib import Path
from typing import Any

import pytest

from infra.config import StackConfig, load_stack
from infra.project import Project
from infra.stack_file import StackFileError

STACKS = ("dev", "staging", "prod")


@pytest.fixture
def scratch(tmp_path: Path, project: Project) -> Project:
    (tmp_path / "infra").mkdir()
    shutil.copy(project.program / "Pulumi.yaml", tmp_path / "infra")
    shutil.copytree(project.stacks, tmp_path / "stacks")
    return Project(tmp_path)


def edit(scratch: Project, old: str, new: str) -> None:
    path = scratch.stack_file("dev")
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def line_of(scratch: Project, text: str) -> int:
    lines = scratch.stack_file("dev").read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_file_is_valid(project: Project, stack: str) -> None:
    assert isinstance(load_stack(project, stack), StackConfig)


def test_the_bundled_stacks_are_these_three(project: Project) -> None:
    assert set(project.stack_names()) == set(STACKS)


def test_production_is_protected_redundant_and_always_there(project: Project) -> None:
    prod = load_stack(project, "prod")

    assert prod.protect
    assert prod.app.min_replicas >= 2
    assert prod.database.zone_redundant


def test_an_unknown_key_is_refused_with_its_line_and_the_legal_keys(scratch: Project) -> None:
    edit(scratch, "    cpu: 0.5", "    cpus: 0.5")

    with pytest.raises(StackFileError) as refused:
        load_stack(scratch, "dev")

    message = str(refused.value)
    assert message.startswith(f"stacks/Pulumi.dev.yaml:{line_of(scratch, 'cpus')}:")
    assert "cpu, " in message


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("app.cpu", -1, "seatrial:app.cpu -1"),
        ("app.memory", "0Gi", "seatrial:app.memory '0Gi'"),
        ("auth", "open", "'key' or 'entra'"),
        ("auth", "entra", "needs entra"),
        ("image.digest", "latest", "seatrial:image.digest 'latest'"),
        ("image.platform", "linux/riscv64", "linux/amd64"),
        ("database.maxThroughput", 1000, "serverless has none"),
        ("budget.startDate", "2026-12-02", "first of a month"),
        ("app.environment", {"1A": "x"}, "seatrial:app.environment.1A"),
        ("app.minReplicas", 9, "minReplicas 9 is above maxReplicas 2"),
        ("location", "westeurope", "azure-native:location"),
        ("model", 3, "seatrial:model 3"),
        ("domain", {"name": "chat.example.com"}, "domain with frontDoor"),
        ("secondRegion", "swedencentral", "secondRegion with frontDoor"),
        ("network", {}, "redis with network"),
    ],
)
def test_a_refusal_names_the_key_the_value_and_what_is_legal(
    project: Project, key: str, value: Any, said: str
) -> None:
    with pytest.raises(StackFileError, match=r"stacks/Pulumi\.dev\.yaml") as refused:
        load_stack(project, "dev", {"frontDoor": {}, "redis": {}, key: value})

    assert said in str(refused.value)
    assert refused.value.code == "ST014"


def test_a_setting_that_is_refused_is_not_blamed_on_a_line(project: Project) -> None:
    with pytest.raises(StackFileError, match=r"^setting app\.cpu of stacks/Pulumi\.dev\.yaml: .* 'abc'"):
        load_stack(project, "dev", {"app.cpu": "abc"})


def test_the_pair_of_cpu_and_memory_is_left_to_azure(project: Project) -> None:
    config = load_stack(project, "dev", {"app.cpu": 0.5, "app.memory": "3Gi"})

    assert config.app.memory == "3Gi"


def test_an_unknown_stack_names_the_known_ones(project: Project) -> None:
    with pytest.raises(StackFileError, match="dev, prod, staging"):
        load_stack(project, "nope")


@pytest.mark.parametrize("text", ["config: [", "- a list", "config: none", ""])
def test_a_file_that_is_no_stack_file_is_refused(scratch: Project, text: str) -> None:
    scratch.stack_file("dev").write_text(text)

    with pytest.raises(StackFileError, match=r"stacks/Pulumi\.dev\.yaml"):
        load_stack(scratch, "dev")


def test_a_key_set_may_be_written_as_a_mapping(project: Project) -> None:
    config = load_stack(project, "dev", {"authJwks": {"keys": [{"kty": "RSA"}]}})

    assert config.auth_jwks == '{"keys":[{"kty":"RSA"}]}'


def test_a_stack_cannot_be_changed_after_it_was_read(project: Project) -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_stack(project, "dev").app.cpu = 4  # type: ignore[misc]  # that it is frozen is the point

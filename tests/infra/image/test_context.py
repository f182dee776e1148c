import shutil
from pathlib import Path

import pytest

from infra.image.context import BuildContext, context_hash, predicted, tag
from infra.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    for name, content in {
        "pyproject.toml": "[project]",
        "uv.lock": "version = 1",
        "app/Dockerfile": "FROM scratch",
        "app/Dockerfile.dockerignore": "*",
        "app/main.py": "print('app')",
        "frmk/goal.py": "print('goal')",
        "infra/Pulumi.yaml": "name: seatrial",
        "stacks/Pulumi.dev.yaml": "config: {}",
    }.items():
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return Project(tmp_path / "project")


@pytest.mark.parametrize(
    "name", ["pyproject.toml", "uv.lock", "app/Dockerfile", "app/main.py", "frmk/goal.py"]
)
def test_hash_changes_with_every_file_of_the_image(project: Project, name: str) -> None:
    before = context_hash(project)

    (project.root / name).write_text("changed")

    assert context_hash(project) != before


@pytest.mark.parametrize("name", ["infra/Pulumi.yaml", "stacks/Pulumi.dev.yaml", "app/__pycache__/main.pyc"])
def test_hash_ignores_what_the_image_does_not_hold(project: Project, name: str) -> None:
    before = context_hash(project)

    (project.root / name).parent.mkdir(exist_ok=True)
    (project.root / name).write_text("changed")

    assert context_hash(project) == before


def test_hash_is_the_same_in_another_folder_at_another_time(project: Project, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(project.root, elsewhere, copy_function=shutil.copyfile)

    assert context_hash(Project(elsewhere)) == context_hash(project)


def test_hash_changes_when_a_file_is_renamed(project: Project) -> None:
    before = context_hash(project)

    (project.root / "app/main.py").rename(project.root / "app/other.py")

    assert context_hash(project) != before


def test_hash_changes_with_base_and_platform(project: Project) -> None:
    contexts = [
        BuildContext.of(project, "linux/amd64", {}),
        BuildContext.of(project, "linux/arm64", {}),
        BuildContext.of(project, "linux/amd64", {"BASE_IMAGE": "mine:1"}),
    ]

    assert len({context.digest() for context in contexts}) == 3


def test_predicted_reference_is_a_legal_tag_of_the_hash() -> None:
    reference = predicted("localhost:7000/seatrial", "ab" * 32)

    assert reference == f"localhost:7000/seatrial:{tag('ab' * 32)}"
    assert len(reference.rsplit(":", 1)[1]) <= 128

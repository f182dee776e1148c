"""Copies of the project with one mistake in them."""

from pathlib import Path

import pytest

from infra.mistakes.catalogue import Edit, Mistake, UnknownMistakeError, mistake, mistakes
from infra.mistakes.scratch import EditError, with_mistake
from infra.policy.explanations import explanations
from infra.project import Project

PROJECT = Project.find(Path.cwd())


def small_project(root: Path) -> Project:
    for name, text in {"infra/Pulumi.yaml": "name: x\n", "stacks/Pulumi.dev.yaml": "a: 1\nb: 1\n"}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / ".venv").mkdir()
    return Project(root)


def a_mistake(find: str) -> Mistake:
    edit = Edit(file="stacks/Pulumi.{stack}.yaml", find=find, replace="a: 2\n")
    return Mistake(name="x", title="x", code="ST001", edits=(edit,))


def test_each_leads_to_a_known_finding() -> None:
    seeded = mistakes().values()

    assert len(seeded) >= 18
    assert {entry.code for entry in seeded} <= set(explanations())


@pytest.mark.parametrize("stack", PROJECT.stack_names())
@pytest.mark.parametrize("name", list(mistakes()))
def test_every_edit_finds_its_text_exactly_once(name: str, stack: str) -> None:
    for edit in mistake(name).edits:
        text = (PROJECT.root / edit.file.replace("{stack}", stack)).read_text(encoding="utf-8")

        assert text.count(edit.find) == 1, f"{name}: {edit.file}"


def test_what_a_mode_cannot_show_is_said() -> None:
    assert all(entry.not_shown for entry in mistakes().values() if len(entry.modes) < 2)


def test_the_copy_holds_the_mistake_and_the_project_does_not(tmp_path: Path) -> None:
    project = small_project(tmp_path)

    copy = with_mistake(project, a_mistake("a: 1\n"), "dev")

    assert copy.stack_file("dev").read_text() == "a: 2\nb: 1\n"
    assert project.stack_file("dev").read_text() == "a: 1\nb: 1\n"
    assert not (copy.root / ".venv").exists()


def test_a_text_that_is_gone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EditError, match=r"Pulumi.*holds the text 'c: 1' 0 times"):
        with_mistake(small_project(tmp_path), a_mistake("c: 1"), "dev")


def test_an_unknown_mistake_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownMistakeError, match="'nope'; there are: probe, secret, acrpull"):
        mistake("nope")


def pushed(state: Path) -> Path:
    """Leave a registry with one image behind, and an upload that broke off."""
    data = state / "registry" / "data" / "docker"
    for name, text in {
        "blobs/sha256/ab/abc/data": "layer",
        "repositories/app/_manifests/tags/t/current/link": "sha256:abc",
        "repositories/app/_uploads/1/data": "half a lay",
    }.items():
        (data / name).parent.mkdir(parents=True)
        (data / name).write_text(text)
    return data


def test_images_that_the_stack_pushed_are_in_the_copys_registry_and_stay_their_owners(tmp_path: Path) -> None:
    project = small_project(tmp_path)
    mine = pushed(project.state("dev"))

    copy = with_mistake(project, a_mistake("a: 1\n"), "dev")

    theirs = copy.state("dev") / "registry" / "data" / "docker"
    layer = "blobs/sha256/ab/abc/data"
    assert (theirs / layer).samefile(mine / layer), "a layer takes no room twice"
    tag = "repositories/app/_manifests/tags/t/current/link"
    (theirs / tag).write_text("sha256:def")
    assert (mine / tag).read_text() == "sha256:abc", "a tag that moves there does not move here"
    assert not (theirs / "repositories/app/_uploads").exists()


def test_a_registry_that_cannot_be_read_whole_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = small_project(tmp_path)
    pushed(project.state("dev"))

    def gone(*_: str) -> None:
        raise FileNotFoundError("removed meanwhile")

    monkeypatch.setattr("infra.twin.registry.storage._kept", gone)
    copy = with_mistake(project, a_mistake("a: 1\n"), "dev")

    assert not (copy.state("dev") / "registry" / "data").exists()

from pathlib import Path

from infra.twin.adapters.journal import Journal, Made


def made(name: str) -> Made:
    return Made(urn=f"urn:{name}", type="t", name=name, id=f"/{name}", api_version="1")


def test_what_is_no_longer_asked_for_vanishes_last_made_first(tmp_path: Path) -> None:
    first = Journal(tmp_path / "journal.json")
    for name in "abc":
        first.add(made(name))

    second = Journal(tmp_path / "journal.json")
    second.add(made("a"))

    assert [gone.name for gone in second.vanished()] == ["c", "b"]


def test_a_deployment_that_broke_off_forgets_nothing(tmp_path: Path) -> None:
    first = Journal(tmp_path / "journal.json")
    first.add(made("a"))
    first.add(made("b"))
    Journal(tmp_path / "journal.json").add(made("a"))

    third = Journal(tmp_path / "journal.json")

    assert {gone.name for gone in third.vanished()} == {"a", "b"}


def test_what_was_deleted_is_not_deleted_again(tmp_path: Path) -> None:
    first = Journal(tmp_path / "journal.json")
    first.add(made("a"))
    second = Journal(tmp_path / "journal.json")
    second.remove(made("A"))

    assert Journal(tmp_path / "journal.json").vanished() == []

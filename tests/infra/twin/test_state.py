"""State on disk: survives a restart, never half written, clear when it cannot be."""

import errno
import os
import socket
from pathlib import Path

import pytest

from infra.twin.arm.behaviour import ArmProblem, Resource
from infra.twin.arm.ids import ResourceId
from infra.twin.arm.store import CorruptedStateError, DiskStore, merge
from infra.twin.config import TwinConfig
from tests.infra.twin.conftest import GROUP, REGION, rehearsal


def _resource(name: str, **properties: str) -> Resource:
    path = ResourceId(f"{GROUP}/providers/Microsoft.App/containerApps/{name}")
    return Resource(id=path, api_version="v", body={"id": path.path, "properties": properties})


def test_resources_outlive_a_restart_with_their_addresses(config: TwinConfig) -> None:
    with rehearsal(config) as first:
        first.group()
        registry = first.registry()
        principal = first.identity()["properties"]["principalId"]

    with rehearsal(config) as second:
        again = second.arm.get(registry["id"], "2023-01-01-preview")
        assert (
            again["properties"]["loginServer"] == registry["properties"]["loginServer"] == second.login_server
        )
        assert second.identity()["properties"]["principalId"] == principal


def test_addresses_follow_when_the_old_port_is_taken(config: TwinConfig) -> None:
    with rehearsal(config) as first:
        first.group()
        registry = first.registry()
    port = int(registry["properties"]["loginServer"].partition(":")[2])

    with socket.create_server(("127.0.0.1", port)), rehearsal(config) as second:
        again = second.arm.get(registry["id"], "2023-01-01-preview")["properties"]["loginServer"]
        assert again == second.login_server != registry["properties"]["loginServer"]


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"version": 9, "resources": []}', '{"version": 1, "resources": [{"id": "x"}]}'],
)
def test_a_corrupted_state_file_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "arm.json"
    path.write_text(content)

    with pytest.raises(CorruptedStateError, match=r"arm\.json"):
        DiskStore.open(path)


def test_a_full_disk_is_507_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = DiskStore.open(tmp_path / "arm.json")
    store.put(_resource("kept", image="one"))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(ArmProblem, match="no space") as caught:
        store.put(_resource("lost"))
    monkeypatch.undo()

    assert (caught.value.status, caught.value.findings[0].code) == (507, "ST021")
    assert [found.name for found in store] == ["kept"]
    assert [found.name for found in DiskStore.open(tmp_path / "arm.json")] == ["kept"]
    assert [path.name for path in tmp_path.iterdir()] == ["arm.json"]


def test_what_a_reader_does_to_a_resource_stays_with_the_reader(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path / "arm.json")
    store.put(_resource("app", image="one"))

    found = store.get(_resource("APP").id)
    assert found is not None
    found.properties["image"] = "two"

    again = store.get(_resource("app").id)
    assert again is not None
    assert again.properties == {"image": "one"}


def test_set_properties_merges_as_json_merge_patch_does() -> None:
    assert merge({"a": {"b": 1, "c": 2}, "d": [1]}, {"a": {"b": None, "e": 3}, "d": [2]}) == {
        "a": {"c": 2, "e": 3},
        "d": [2],
    }


def test_a_stopped_twin_leaves_no_address_behind(config: TwinConfig) -> None:
    with rehearsal(config) as twin:
        assert (config.state / "twin.json").stat().st_mode & 0o777 == 0o600
        apps = twin.apps

    assert apps.closed
    assert not (config.state / "twin.json").exists()


def test_regions_stay_as_stored(config: TwinConfig) -> None:
    with rehearsal(config) as twin:
        twin.group()
        found = twin.arm.get(GROUP, "2024-03-01")

    assert found["location"] == REGION

"""What the provider compares, foresees and reads back, without an engine."""

import pytest

from infra.twin.adapters.provider.differences import Difference, differences, overlay
from infra.twin.adapters.provider.foreseen import at_change, at_creation
from infra.twin.adapters.provider.immutable import fixed_paths
from infra.twin.adapters.provider.values import bare, known
from infra.twin.adapters.translate import Translator

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": "s"}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, [("a.b", "UPDATE")]),
        ({"a": [1]}, {"a": [1, 2]}, [("a[1]", "ADD")]),
        ({"a": [{"b": 1}, 2]}, {"a": [{"b": 1}]}, [("a[1]", "DELETE")]),
        ({"tags": {"x-y": "1"}}, {"tags": {}}, [('tags["x-y"]', "DELETE")]),
        ({"a": None}, {}, []),
    ],
)
def test_differences_name_the_path(old: object, new: object, expected: list[tuple[str, str]]) -> None:
    assert [(one.path, one.kind) for one in differences(old, new)] == expected


def test_a_path_lies_in_its_whole_and_not_in_a_name_that_begins_alike() -> None:
    found = Difference("resource.partitionKey.paths[0]", "UPDATE")

    assert found.lies_in("resource.partitionKey")
    assert not found.lies_in("resource.partition")


def test_names_places_and_what_azure_fixes_replace_a_resource() -> None:
    token = "azure-native:cosmosdb:SqlResourceSqlContainer"

    fixed = fixed_paths(token, Translator("dev").entry(token))

    assert {"containerName", "accountName", "location", "resource.partitionKey"} <= set(fixed)


def test_live_values_take_the_place_of_what_was_given_and_of_nothing_else() -> None:
    given = {"scale": {"max": 2}, "tags": {"a": "1"}, "gone": 1}
    live = {"scale": {"max": 9, "min": 0}, "tags": {"a": "1", "b": "2"}}

    assert overlay(given, live) == {"scale": {"max": 9}, "tags": {"a": "1"}, "gone": 1}


def test_a_preview_leaves_open_what_only_the_cloud_knows() -> None:
    new = at_creation("azure-native:app:ContainerApp", {"configuration": {"ingress": {"targetPort": 1}}})
    changed = at_change({"id": "x", "scale": {"max": 2, "min": 0}}, {"scale": {"max": 3}})

    assert new["configuration"]["ingress"]["fqdn"] == UNKNOWN
    assert changed == {"id": "x", "scale": {"max": 3, "min": 0}}


def test_a_secret_is_compared_by_its_value_and_an_unknown_is_known_as_such() -> None:
    assert bare({"a": [SECRET]}) == {"a": ["s"]}
    assert known({"a": [1]})
    assert not known({"a": [UNKNOWN]})

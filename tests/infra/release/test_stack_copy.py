import json

import pytest
import yaml

from infra.config import StackFileError
from infra.project import Project
from infra.release.stack_copy import as_deployed, configured, keys_told, with_key
from tests.infra.release.conftest import A

UPDATE = {
    "config": {
        "seatrial:image": {
            "value": "{}",
            "objectValue": {"repository": "seatrial", "digest": A},
            "secret": False,
        },
        "seatrial:authJwks": {"value": '{"keys":[{"kid":"ci"}]}', "secret": False},
        "seatrial:nameSuffix": {"value": "[secret]", "secret": True},
    }
}


def test_a_copy_differs_in_what_is_asked_and_keeps_how_secrets_are_kept(project: Project) -> None:
    file = project.stack_file("staging")
    file.write_text("encryptedkey: abc\nsecretsprovider: azurekeyvault://v\n" + file.read_text())
    before = yaml.safe_load(file.read_text())

    with configured(project, "staging", {"image.digest": A, "image.source": "a.azurecr.io"}) as path:
        copied = yaml.safe_load(path.read_text())

    image = copied["config"].pop("seatrial:image")
    before["config"].pop("seatrial:image")
    assert image == {
        "repository": "seatrial",
        "platform": "linux/amd64",
        "digest": A,
        "source": "a.azurecr.io",
    }
    assert copied == before
    assert not path.exists()


def test_a_wrong_value_is_refused_before_anything_runs(project: Project) -> None:
    with (
        pytest.raises(StackFileError, match=r"image.digest 'sha256:12'"),
        configured(project, "dev", {"image.digest": "sha256:12"}),
    ):
        pytest.fail("the body ran")


def test_a_source_without_a_digest_is_refused(project: Project) -> None:
    with (
        pytest.raises(StackFileError, match=r"without image.digest: name the digest to copy"),
        configured(project, "dev", {"image.source": "a.azurecr.io"}),
    ):
        pytest.fail("the body ran")


def test_the_deployed_configuration_wins_and_a_secret_is_never_copied(project: Project) -> None:
    with as_deployed(project, "dev", UPDATE) as path:
        config = yaml.safe_load(path.read_text())["config"]

    assert config["seatrial:image"]["digest"] == A
    assert config["seatrial:authJwks"] == '{"keys":[{"kid":"ci"}]}'
    assert "seatrial:nameSuffix" not in config
    assert config["seatrial:location"] == "eastus"


def test_keys_of_the_last_deployment_count_where_the_file_has_none(project: Project) -> None:
    assert keys_told(project, "dev", UPDATE) == {"authJwks": '{"keys":[{"kid":"ci"}]}'}
    assert keys_told(project, "dev", None) == {}

    own = with_key(project, "dev", {"keys": [{"kid": "mine"}]})
    file = project.stack_file("dev")
    file.write_text(file.read_text() + f"  seatrial:authJwks: '{own['authJwks']}'\n")

    assert keys_told(project, "dev", UPDATE) == {}
    both = json.loads(with_key(project, "dev", {"keys": [{"kid": "more"}]})["authJwks"])
    assert [key["kid"] for key in both["keys"]] == ["mine", "more"]
    assert with_key(project, "prod", {"keys": [{"kid": "mine"}]}) == {}

"""The developer's own key."""

import json
import stat
from pathlib import Path

import jwt
import pytest

from app.keys import Expectations, parse_key_set, subject_of
from infra.project import Project
from infra.rehearsal.signing import FILE_NAME, DeveloperKey, KeyFileError


def test_the_key_is_made_once_and_is_the_owners_alone(tmp_path: Path) -> None:
    project = Project(tmp_path)

    first, second = DeveloperKey.of(project), DeveloperKey.of(project)

    path = project.keys / FILE_NAME
    assert first == second
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in project.keys.iterdir()] == [FILE_NAME]


def test_the_public_set_holds_no_private_half(tmp_path: Path) -> None:
    (public,) = DeveloperKey.of(Project(tmp_path)).jwks["keys"]

    assert "d" not in public
    assert public["alg"] == "ES256"


def test_the_app_believes_a_signed_token(tmp_path: Path) -> None:
    key = DeveloperKey.of(Project(tmp_path))
    keys = parse_key_set(json.loads(json.dumps(key.jwks)))

    found = keys.find(key.private["kid"])

    assert found is not None
    assert subject_of(key.sign("ada"), found, Expectations()) == "ada"


def test_a_token_of_another_key_is_not_believed(tmp_path: Path) -> None:
    own, other = DeveloperKey.of(Project(tmp_path / "a")), DeveloperKey.of(Project(tmp_path / "b"))
    public = jwt.PyJWK.from_dict(own.jwks["keys"][0])

    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(other.sign("eve"), public.key, algorithms=["ES256"])


@pytest.mark.parametrize("ttl", [0, -1, 31 * 24 * 3600])
def test_a_token_lives_a_bounded_time(tmp_path: Path, ttl: int) -> None:
    with pytest.raises(ValueError, match=f"not {ttl}"):
        DeveloperKey.of(Project(tmp_path)).sign("ada", ttl)


@pytest.mark.parametrize(("content", "reason"), [("{", "is not JSON"), ('{"kty": "EC"}', "lacks crv")])
def test_a_damaged_key_file_is_named(tmp_path: Path, content: str, reason: str) -> None:
    project = Project(tmp_path)
    project.keys.mkdir(parents=True)
    (project.keys / FILE_NAME).write_text(content)

    with pytest.raises(KeyFileError, match=reason):
        DeveloperKey.of(project)

"""What the workflows' jobs will show, and whether Azure believes it."""

import pytest

from infra.bootstrap.subjects import contexts, credential_name, prefix_of, repository
from infra.doctor.model import Heard
from infra.doctor.subject import repository_of
from infra.doctor.workflows import Wanted, wanted_subjects
from tests.infra.doctor.conftest import Verdict, refused, said

DEPLOY = """
on:
  push: {branches: [main]}
  workflow_dispatch:
permissions: {}
jobs:
  build:
    permissions: {contents: read}
  stage:
    permissions: {id-token: write}
    strategy: {matrix: {stack: [dev, staging]}}
    environment: ${{ matrix.stack }}
  prod:
    permissions: {id-token: write}
    environment: {name: prod, url: https://x}
"""
PREVIEW = "on: pull_request\npermissions: {id-token: write}\njobs: {preview: {}}\n"
DRIFT = "on: {schedule: [{cron: '0 5 * * *'}]}\njobs: {drift: {permissions: {id-token: write}}}\n"
TAGGED = "on: {push: {tags: [v1]}}\njobs: {release: {permissions: write-all}}\n"
WANTED = (
    Wanted(context="environment:prod", workflow="deploy.yml", job="prod"),
    Wanted(context="pull_request", workflow="preview.yml", job="preview"),
)
# https://github.com/Azure/azure-dev/issues/9382
IMMUTABLE = {
    "use_default": True,
    "use_immutable_subject": False,
    "sub_claim_prefix": "repo:vhvb1989@24213737/ppconfig@1323153730",
}
# https://github.com/Azure/azure-dev/issues/7374
CUSTOMISED = {"use_default": False, "include_claim_keys": ["repository_owner_id", "repository_id"]}


def believed(*subjects: str) -> dict[str, Heard]:
    """Return what both identities answer: pull requests are the previewing one's."""
    # https://learn.microsoft.com/cli/azure/identity/federated-credential
    issuer = "https://token.actions.githubusercontent.com"
    listed = [{"issuer": issuer, "name": f"c{at}", "subject": one} for at, one in enumerate(subjects)]
    pulls = [one for one in listed if one["subject"].endswith(":pull_request")]
    return {"deploy": said([one for one in listed if one not in pulls]), "preview": said(pulls)}


def test_each_job_with_a_token_has_the_subject_that_github_gives_it() -> None:
    files = {"deploy.yml": DEPLOY, "preview.yml": PREVIEW, "drift.yml": DRIFT, "release.yml": TAGGED}

    found = {(one.job, one.context) for one in wanted_subjects(files)}

    assert found == {
        ("stage", "environment:dev"),
        ("stage", "environment:staging"),
        ("prod", "environment:prod"),
        ("preview", "pull_request"),
        ("drift", "ref:refs/heads/main"),
        ("release", "ref:refs/tags/v1"),
    }


def test_subjects_that_are_all_there_are_believed(verdict: Verdict) -> None:
    known = believed("repo:octo/hello:environment:prod", "repo:octo/hello:pull_request")

    found = verdict("oidc", {**known, "customisation": said({"use_default": True})}, wanted=WANTED)

    assert (found.status, found.seen) == ("ok", "2 subjects are believed")


def test_a_missing_subject_names_workflow_and_job(verdict: Verdict) -> None:
    answers = {**believed("repo:octo/hello:pull_request"), "customisation": refused("no gh")}

    found = verdict("oidc", answers, wanted=WANTED)

    assert found.status == "fail"
    assert "repo:octo/hello:environment:prod (deploy.yml, job prod)" in found.seen
    assert "was not asked" in found.seen


def test_letters_count(verdict: Verdict) -> None:
    # "The subject matches with case-insensitive comparison, but not with case-sensitive comparison":
    # https://github.com/Azure/login/issues/515
    known = believed("repo:octo/hello:environment:Prod", "repo:octo/hello:pull_request")

    found = verdict("oidc", {**known, "customisation": said({"use_default": True})}, wanted=WANTED)

    assert "there is repo:octo/hello:environment:Prod, and letters count" in found.seen


def test_a_young_repository_has_numbers_in_its_subjects(verdict: Verdict) -> None:
    names = believed("repo:vhvb1989/ppconfig:environment:prod", "repo:vhvb1989/ppconfig:pull_request")
    numbers = "repo:vhvb1989@24213737/ppconfig@1323153730"
    numbered = believed(f"{numbers}:environment:prod", f"{numbers}:pull_request")
    asked = {"wanted": WANTED, "repository": "vhvb1989/ppconfig"}

    old = verdict("oidc", {**names, "customisation": said(IMMUTABLE)}, **asked)
    new = verdict("oidc", {**numbered, "customisation": said(IMMUTABLE)}, **asked)

    assert (old.status, new.status) == ("fail", "ok")


def test_subjects_of_a_repositorys_own_form_are_named(verdict: Verdict) -> None:
    answers = {**believed(), "customisation": said(CUSTOMISED)}

    found = verdict("oidc", answers, wanted=WANTED)

    assert found.status == "fail"
    assert "repository_owner_id, repository_id" in found.seen


def test_a_pull_request_that_may_deploy_is_not_taken_for_right(verdict: Verdict) -> None:
    every = believed("repo:octo/hello:environment:prod")["deploy"].json()
    wide = said([*every, {"subject": "repo:octo/hello:pull_request"}])
    answers = {"deploy": wide, "preview": said([]), "customisation": said({"use_default": True})}

    found = verdict("oidc", answers, wanted=WANTED)

    assert found.status == "fail"
    assert "repo:octo/hello:pull_request" in found.seen


def test_before_the_bootstrap_there_is_no_identity(verdict: Verdict) -> None:
    # The words: https://github.com/MicrosoftLearning/AZ-203-DevelopingSolutionsforMicrosoftAzure/issues/72
    gone = refused(
        "ERROR: (ResourceGroupNotFound) Resource group 'rg-seatrial-bootstrap' could not be found."
    )

    found = verdict("oidc", {"deploy": gone, "preview": gone, "customisation": refused("")}, wanted=WANTED)

    assert found.status == "fail"
    assert found.fix.startswith("`seatrial bootstrap --repository octo/hello`")


@pytest.mark.parametrize(
    ("remote", "name"),
    [
        ("https://github.com/octo/hello.git\n", "octo/hello"),
        ("git@github.com:octo/hello.world.git", "octo/hello.world"),
        ("ssh://git@github.com/octo/hello", "octo/hello"),
        ("https://gitlab.com/octo/hello.git", None),
        ("", None),
    ],
)
def test_a_repository_is_read_off_its_remote(remote: str, name: str | None) -> None:
    assert repository_of(remote) == name


@pytest.mark.parametrize("given", ["octo", "octo/a/b", "https://github.com/octo/x", "-o/x", "octo/x y", ""])
def test_what_is_no_repository_is_refused(given: str) -> None:
    with pytest.raises(Exception, match="OWNER/NAME"):
        repository(given)


def test_credentials_have_names_within_azures_limits() -> None:
    long = "environment:" + "x" * 200

    names = [credential_name(one) for one in (*contexts(["dev", "prod"]), long, long + "y")]

    assert names[:3] == ["github-branch-main", "github-environment-dev", "github-environment-prod"]
    assert len(set(names)) == len(names)
    assert all(3 <= len(name) <= 120 for name in names)
    assert prefix_of("a/b") == "repo:a/b"
    assert prefix_of("a/b", IMMUTABLE) == "repo:vhvb1989@24213737/ppconfig@1323153730"

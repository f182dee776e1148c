"""What a workflow may: least rights, pinned actions, nothing of a stranger's in a shell."""

import re

import pytest

from tests.workflows.conftest import Workflow, load

PINNED = re.compile(r"^[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
ALLOWED = {
    ("check", "check"): {"contents": "read"},
    ("check", "pythons"): {"contents": "read"},
    ("preview", "rehearse"): {"contents": "read"},
    ("preview", "price"): {"contents": "read"},
    ("preview", "plan"): {"contents": "read", "id-token": "write"},
    ("preview", "comment"): {"contents": "read", "pull-requests": "write"},
    ("deploy", "dev"): {"contents": "read", "id-token": "write"},
    ("deploy", "staging"): {"contents": "read", "id-token": "write"},
    ("deploy", "prod"): {"contents": "read", "id-token": "write"},
    ("drift", "compare"): {"contents": "read", "id-token": "write"},
    ("drift", "issue"): {"contents": "read", "issues": "write"},
}
CONFIGURED = {
    "AZURE_CLIENT_ID",
    "AZURE_PREVIEW_CLIENT_ID",
    "AZURE_TENANT_ID",
    "AZURE_SUBSCRIPTION_ID",
    "PULUMI_BACKEND_URL",
}


def test_every_job_has_the_rights_it_needs_and_no_other(workflow: Workflow) -> None:
    assert workflow.content["permissions"] == {}
    for name, job in workflow.jobs.items():
        assert job["permissions"] == ALLOWED[workflow.name, name]


def test_every_action_is_pinned_by_commit_with_its_version_beside_it(workflow: Workflow) -> None:
    used = [line.partition("uses:")[2].strip() for line in workflow.text.splitlines() if "uses:" in line]

    assert used
    assert [one for one in used if not PINNED.match(one)] == []


def test_an_action_has_one_pin_everywhere() -> None:
    text = "".join(load(name).text for name in ("check", "preview", "deploy", "drift"))
    pins = set(re.findall(r"uses: (\S+)@([0-9a-f]{40})", text))

    assert len({action for action, _ in pins}) == len(pins)


def test_no_expression_stands_in_a_shell_line(workflow: Workflow) -> None:
    assert [step["run"] for _, step in workflow.steps() if "${{" in str(step.get("run", ""))] == []


def test_every_variable_of_a_shell_line_is_quoted(workflow: Workflow) -> None:
    for _, step in workflow.steps():
        bare = re.sub(r'"[^"]*"', "", str(step.get("run", "")))
        assert "$" not in bare


def test_no_job_runs_without_end_and_none_keeps_the_token_in_the_checkout(workflow: Workflow) -> None:
    for job in workflow.jobs.values():
        assert 0 < job["timeout-minutes"] <= 120
    checkouts = [step for _, step in workflow.steps() if "checkout" in str(step.get("uses"))]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_two_runs_never_meet_in_one_stack(workflow: Workflow) -> None:
    groups = [
        workflow.content.get("concurrency"),
        *(job.get("concurrency") for job in workflow.jobs.values()),
    ]

    assert any(groups)
    if workflow.name == "deploy":
        assert [group and group["group"] for group in groups] == [
            None, "deploy-dev", "deploy-staging", "deploy-prod"
        ]  # fmt: skip
        assert not any(group["cancel-in-progress"] for group in groups if group)


def test_nothing_is_stored_that_could_be_stolen(workflow: Workflow) -> None:
    assert "secrets." not in workflow.text
    assert set(re.findall(r"vars\.(\w+)", workflow.text)) <= CONFIGURED


def test_strangers_code_meets_no_token_that_may_write() -> None:
    preview = load("preview")
    writing = [name for name, job in preview.jobs.items() if "write" in job["permissions"].values()]

    assert set(preview.triggers) == {"pull_request"}
    assert set(writing) == {"plan", "comment"}
    assert "github.event.pull_request.head.repo.full_name == github.repository" in preview.jobs["plan"]["if"]
    checkout = next(
        step for name, step in preview.steps() if name == "comment" and "checkout" in step["uses"]
    )
    assert checkout["with"]["ref"] == "${{ github.event.pull_request.base.sha }}"


@pytest.mark.parametrize(("name", "job"), [("preview", "plan"), ("deploy", "dev"), ("drift", "compare")])
def test_without_a_cloud_configured_nothing_of_the_cloud_runs(name: str, job: str) -> None:
    assert "CLIENT_ID != ''" in load(name).jobs[job]["if"]

"""What the workflows run are verbs of this command, with options that exist."""

from pathlib import Path
from typing import Any

import typer.main

from infra.project import Project
from scripts.cli import VERBS, assemble
from tests.workflows.conftest import Workflow, load


def parsed(words: list[str]) -> dict[str, Any]:
    """Return the parameters as the command itself reads them; wrong ones raise."""
    verb, *rest = words
    assert verb in VERBS
    command: Any = typer.main.get_command(assemble([verb]))
    leaf = command.commands[verb]
    filled = ["1" if word == "$NUMBER" else word for word in rest]
    return dict(leaf.make_context(verb, filled, resilient_parsing=False).params)


def test_every_line_is_one_that_the_command_understands(workflow: Workflow) -> None:
    for words in workflow.commands():
        assert parsed(words)


def test_the_workflows_run_what_their_names_say() -> None:
    ran = {name: [words[0] for words in load(name).commands()] for name in ("preview", "deploy", "drift")}

    assert ran == {
        "preview": ["rehearse", "cost", "preview", "comment"],
        "deploy": ["promote", "promote", "promote"],
        "drift": ["drift", "comment"],
    }


def test_one_digest_goes_from_stack_to_stack_and_is_built_in_the_first_alone() -> None:
    dev, staging, prod = (parsed(words) for words in load("deploy").commands())
    jobs = load("deploy").jobs

    assert (dev["stack"], dev["origin"], dev["digest"]) == ("dev", None, None)
    assert (staging["origin"], prod["origin"]) == ("dev", "staging")
    assert staging["digest"] == prod["digest"] == "$DIGEST"
    assert jobs["dev"]["outputs"] == {"digest": "${{ steps.deploy.outputs.digest }}"}
    for name in ("staging", "prod"):
        told = [step["env"]["DIGEST"] for step in jobs[name]["steps"] if "DIGEST" in step.get("env", {})]
        assert told == ["${{ needs.dev.outputs.digest }}"]
        assert "dev" in jobs[name]["needs"]
    assert {name: job["environment"] for name, job in jobs.items()} == {name: name for name in jobs}


def test_every_stack_is_rehearsed_planned_and_compared() -> None:
    stacks = Project.find(Path(__file__)).stack_names()
    for name, job in (("preview", "rehearse"), ("preview", "plan"), ("drift", "compare")):
        assert sorted(load(name).jobs[job]["strategy"]["matrix"]["stack"]) == stacks


def test_what_a_job_writes_is_what_the_comment_reads() -> None:
    for name, kinds in (("preview", {"rehearsal", "preview", "cost"}), ("drift", {"drift"})):
        uploads = [
            step["with"]["path"] for _, step in load(name).steps() if "upload" in str(step.get("uses"))
        ]
        assert {path.split(".")[0] for path in uploads} == kinds

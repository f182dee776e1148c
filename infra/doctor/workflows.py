"""Which identities the workflows ask for: read off their text. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

_DEFAULT_BRANCH = "main"


@dataclass(frozen=True, kw_only=True, order=True)
class Wanted:
    """Name the end of a token's subject that a job of a workflow gets, behind `repo:OWNER/NAME:`."""

    context: str
    """`environment:dev`, `pull_request` or `ref:refs/heads/main`; None of it is fixed for an expression."""
    workflow: str
    job: str


def wanted_subjects(workflows: Mapping[str, str]) -> tuple[Wanted, ...]:
    """Return the subjects of every job that may ask for a token, by file name and text, sorted."""
    found: set[Wanted] = set()
    for name, text in workflows.items():
        parsed = yaml.safe_load(text)
        if isinstance(parsed, dict):
            found.update(_of_workflow(name, parsed))
    return tuple(sorted(found))


def _of_workflow(name: str, workflow: Mapping[Any, Any]) -> Iterator[Wanted]:
    # YAML 1.1 reads the key `on` as true.
    events = workflow.get("on", workflow.get(True))
    for job, content in (workflow.get("jobs") or {}).items():
        if _may_ask(content.get("permissions", workflow.get("permissions"))):
            for context in _contexts(content, events):
                yield Wanted(context=context, workflow=name, job=str(job))


def _may_ask(permissions: Any) -> bool:
    if isinstance(permissions, str):
        return permissions == "write-all"
    return isinstance(permissions, dict) and permissions.get("id-token") == "write"


def _contexts(job: Mapping[str, Any], events: Any) -> Iterator[str]:
    """Yield what GitHub puts behind the repository: an environment hides the branch and the event."""
    environment = job.get("environment")
    name = environment.get("name") if isinstance(environment, dict) else environment
    if name:
        yield from (f"environment:{one}" for one in _spelt_out(str(name), job))
        return
    for event, settings in _events(events):
        if event in {"pull_request", "pull_request_target"}:
            yield "pull_request"
        elif event == "push":
            yield from _pushed(settings)
        else:
            yield f"ref:refs/heads/{_DEFAULT_BRANCH}"


def _spelt_out(name: str, job: Mapping[str, Any]) -> Iterator[str]:
    """Yield the environments behind an expression over the job's matrix, or the name itself."""
    matrix = (job.get("strategy") or {}).get("matrix") or {}
    for key, values in matrix.items() if isinstance(matrix, dict) else ():
        if name.replace(" ", "") == f"${{{{matrix.{key}}}}}" and isinstance(values, list):
            yield from map(str, values)
            return
    yield name


def _events(events: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(events, dict):
        yield from events.items()
    elif isinstance(events, list):
        yield from ((str(event), None) for event in events)
    elif events:
        yield str(events), None


def _pushed(settings: Any) -> Iterator[str]:
    given = settings if isinstance(settings, dict) else {}
    yield from (f"ref:refs/tags/{tag}" for tag in given.get("tags") or ())
    branches = given.get("branches") or ([] if given.get("tags") else [_DEFAULT_BRANCH])
    yield from (f"ref:refs/heads/{branch}" for branch in branches)

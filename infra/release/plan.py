"""What the engine would change, read off `pulumi preview --json`."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from infra.release.engine import Done, Engine
from infra.release.model import PlanReport, Step
from infra.release.stack_copy import as_deployed, configured, keys_told

UNCHANGED = frozenset({"same", "read", "refresh"})
NO_CHANGES_EXPECTED = "no changes were expected"


def preview(engine: Engine, stack: str) -> PlanReport:
    """Return what an update from this checkout would do; raise EngineError or StackFileError."""
    history = engine.history(stack)
    told = keys_told(engine.project, stack, _latest(history))
    with configured(engine.project, stack, told) as config:
        return read_plan(stack, engine.preview(stack, config))


def drift(engine: Engine, stack: str) -> PlanReport:
    """Return what differs between what runs and this program under the last deployment's configuration.

    The configuration is the deployed one, for a promoted digest stands in no file. Raises EngineError.
    """
    update = _latest(engine.history(stack))
    with as_deployed(engine.project, stack, update) as config:
        return read_plan(stack, engine.preview(stack, config, refresh=True), refreshed=True)


def read_plan(stack: str, done: Done, *, refreshed: bool = False) -> PlanReport:
    """Return what a preview's output says; one that cannot be read is a preview that failed."""
    try:
        plan = json.loads(done.out)
        steps = list(plan.get("steps") or ())
    except (ValueError, AttributeError):
        return PlanReport(stack=stack, ok=False, refreshed=refreshed, messages=(done.last_words,))
    changed = tuple(_step(step) for step in steps if step["op"] not in UNCHANGED)
    messages = _errors(plan.get("diagnostics") or ())
    trouble = [line for line in messages if NO_CHANGES_EXPECTED not in line]
    expected = done.code == 0 or (refreshed and bool(changed) and not trouble)
    return PlanReport(
        stack=stack,
        ok=expected,
        refreshed=refreshed,
        steps=changed,
        same=sum(step["op"] in UNCHANGED for step in steps),
        messages=() if expected else tuple(trouble) or (done.last_words,),
    )


def _latest(history: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    wanted = (one for one in history if one.get("result") == "succeeded" and one.get("kind") == "update")
    return next(wanted, None)


def _step(step: Mapping[str, Any]) -> Step:
    kind, _, name = str(step["urn"]).rpartition("::")
    paths = sorted({str(path) for path in step.get("detailedDiff") or step.get("diffReasons") or ()})
    return Step(
        op=step["op"], type=kind.rpartition("::")[2].rpartition("$")[2], name=name, paths=tuple(paths)
    )


def _errors(diagnostics: Iterable[Mapping[str, Any]]) -> list[str]:
    return [str(one.get("message", "")).strip() for one in diagnostics if one.get("severity") == "error"]

"""`seatrial goal`: look a goal file over before anything is deployed."""

from pathlib import Path
from typing import Annotated, Any

import typer

from frmk.errors import GoalError
from frmk.goal import Goal, load_goal
from scripts.options import JsonFlag
from scripts.output import emit, result

group = typer.Typer(help="Look goal files over.", no_args_is_help=True, rich_markup_mode=None)


@group.callback()
def verbs() -> None:
    """Look goal files over."""


@group.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="A goal.yaml, or the folder that holds one.")],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Check a goal file with its prompts and tools; exit 3 with file and line when it is not valid."""
    try:
        goal = load_goal(file)
    except GoalError as error:
        if as_json:
            emit({"file": str(file), "ok": False, "error": str(error), "code": "ST015"})
        else:
            result().print(f"ST015 {error}")
        raise typer.Exit(3) from error
    told = _told(goal)
    if as_json:
        emit({"file": str(file), "ok": True, **told})
        return
    console = result()
    console.print(f"{told['name']}: {len(told['agents'])} agents ({', '.join(told['agents'])})")
    for name, example in told["examples"].items():
        console.print(f"  example {name}: {example}")


def _told(goal: "Goal") -> dict[str, Any]:
    body = goal.model_dump(mode="json", include={"name", "description", "examples"})
    return {**body, "agents": [agent.name for agent in goal.agents]}


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.add_typer(group, name="goal")

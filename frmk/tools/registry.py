"""From the files that a goal names to its tools."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from frmk.errors import GoalError
from frmk.goal.models import Goal
from frmk.tools.tool import Tool


def load_tools(goal: Goal) -> dict[str, Tool]:
    """Run `tools(folder)` of every file in the goal's toolkit and return the tools by name."""
    found: dict[str, Tool] = {}
    for name in goal.toolkit:
        for tool in _tools_in(goal, goal.folder / name):
            if tool.name in found:
                raise GoalError(f"{name}: the tool {tool.name!r} is there twice. Names of tools are unique.")
            found[tool.name] = tool
    return found


def _tools_in(goal: Goal, path: Path) -> list[Tool]:
    module = _module(goal, path)
    factory = getattr(module, "tools", None)
    if not callable(factory):
        raise GoalError(f"{path}: there is no function 'tools(folder: Path) -> list[Tool]' in it.")
    made = factory(goal.folder)
    wrong = [item for item in made if not isinstance(item, Tool)]
    if wrong:
        raise GoalError(f"{path}: tools() returned {wrong[0]!r}. Allowed: instances of frmk.tools.tool.Tool.")
    return list(made)


def _module(goal: Goal, path: Path) -> ModuleType:
    if not path.is_file():
        raise GoalError(f"{path}: there is no such file of tools.")
    spec = spec_from_file_location(f"seatrial_goal_{goal.name}_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise GoalError(f"{path}: not a Python file.")
    module = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise GoalError(f"{path}: cannot be imported: {type(error).__name__}: {error}.") from error
    return module

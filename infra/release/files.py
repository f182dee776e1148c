"""The files that jobs leave: rehearsal.STACK.json, preview.STACK.json, drift.STACK.json, cost.md."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from infra.cost.formats.comment import TAG as COST_TAG
from infra.rehearsal.report import UpReport
from infra.release.comment import Results
from infra.release.errors import ReportFileError
from infra.release.model import PlanReport

Report = TypeVar("Report", bound=BaseModel)


def read_results(folder: Path) -> Results:
    """Return what lies in a folder; raise ReportFileError when it is none."""
    return Results(
        rehearsals=_read(folder, "rehearsal", UpReport),
        plans=_read(folder, "preview", PlanReport),
        cost=_cost(folder),
    )


def read_drift(folder: Path) -> dict[str, PlanReport | None]:
    """Return what each stack's comparison left; raise ReportFileError when there is none."""
    found = _read(folder, "drift", PlanReport)
    if not found:
        raise ReportFileError(
            f"{folder} holds no drift.STACK.json: write one with seatrial drift STACK --json"
        )
    return found


def _read(folder: Path, kind: str, model: type[Report]) -> dict[str, Report | None]:
    """Return reports by stack; one that is cut off or of another shape is None."""
    if not folder.is_dir():
        raise ReportFileError(f"{folder} is no folder with reports")
    found: dict[str, Report | None] = {}
    for path in sorted(folder.glob(f"{kind}.*.json")):
        stack = path.name.split(".")[1]
        try:
            found[stack] = model.model_validate_json(path.read_text(encoding="utf-8"))
        except (ValidationError, UnicodeDecodeError):
            found[stack] = None
    return found


def _cost(folder: Path) -> str | None:
    path = folder / "cost.md"
    if not path.is_file():
        return None
    text = path.read_text(encoding="utf-8")
    if not text.startswith(COST_TAG):
        raise ReportFileError(
            f"{path} begins with {text[:40]!r}, not with {COST_TAG}; write it with cost --comment"
        )
    return text

"""The usage file of a stack (`stacks/usage.<stack>.yaml`), typed."""

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from infra.project import Project


class UsageFileError(Exception):
    """Say which key of which usage file is wrong, the value seen and what is legal."""

    code = "ST014"

    def __init__(self, place: str, message: str) -> None:
        super().__init__(f"{place}: {message}")
        self.place = place


def _exact(value: Any) -> Any:
    """Return a YAML number as the decimal that was written, not as its binary neighbour."""
    return str(value) if isinstance(value, float) else value


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, validate_by_name=True)


Amount = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0, allow_inf_nan=False)]
Share = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0, le=1, allow_inf_nan=False)]
Factor = Annotated[Decimal, BeforeValidator(_exact), Field(ge=1, allow_inf_nan=False)]
Hours = Annotated[Decimal, BeforeValidator(_exact), Field(gt=0, le=24, allow_inf_nan=False)]


class TurnUsage(_Strict):
    """Say what one turn (a person's message and its answer) takes; tokens are of all its model calls."""

    input_tokens: Amount
    output_tokens: Amount
    cached_tokens: Amount = Decimal(0)
    seconds: Amount
    requests: Amount = Decimal(2)
    tool_calls: Amount = Decimal(0)
    message_bytes: Amount = Decimal(0)
    answer_bytes: Amount = Decimal(0)
    log_bytes: Amount = Decimal(0)
    tool_log_bytes: Amount = Decimal(0)
    stored_bytes: Amount = Decimal(0)
    request_units: Amount | None = None


class StorageUsage(_Strict):
    """Say how long a turn's data stays; without `keep_days` the containers' own lifetime counts."""

    keep_days: Amount | None = None
    age_months: Amount = Decimal(12)


class ReleaseUsage(_Strict):
    """Say how often two revisions run side by side, and for how long."""

    per_month: Amount = Decimal(0)
    overlap_minutes: Amount = Decimal(0)


class JobUsage(_Strict):
    """Say how often a job runs and how long one run takes."""

    per_month: Amount
    seconds: Amount


class UsageFile(_Strict):
    """Hold what a stack is expected to be used for in a month; docs/cost.md says what each key means."""

    conversations_per_day: Amount
    turns_per_conversation: Amount
    peak_factor: Factor = Decimal(1)
    active_hours_per_day: Hours = Decimal(24)
    burst: Factor = Decimal(1)
    idle_share: Share = Decimal(0)
    conversation_bytes: Amount = Decimal(0)
    replica_log_bytes_per_hour: Amount = Decimal(0)
    registry_gb: Amount | None = None
    key_vault_operations: Amount | None = None
    notifications: Amount | None = None
    model: str | None = None
    turn: TurnUsage
    storage: StorageUsage = StorageUsage()
    releases: ReleaseUsage = ReleaseUsage()
    jobs: dict[str, JobUsage] = {}
    quantities: dict[str, Amount] = {}


_SECTIONS: dict[str, type[BaseModel]] = {
    "turn": TurnUsage,
    "storage": StorageUsage,
    "releases": ReleaseUsage,
    "jobs": JobUsage,
}


def usage_path(project: Project, stack: str) -> Path:
    """Return where the usage file of a stack lies."""
    return project.stacks / f"usage.{stack}.yaml"


def load_usage(project: Project, stack: str) -> UsageFile | None:
    """Return a stack's usage, None where it has no file; raise UsageFileError."""
    path = usage_path(project, stack)
    return read_usage(path) if path.is_file() else None


def read_usage(path: Path) -> UsageFile:
    """Return the usage that a file holds; raise UsageFileError naming key and value."""
    place = f"{path.parent.name}/{path.name}" if path.parent.name else str(path)
    try:
        values = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except FileNotFoundError:
        raise UsageFileError(place, "there is no such file; `seatrial cost collect` writes one") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageFileError(place, f"is not readable YAML: {error}") from None
    return usage_of(values, place)


def usage_of(values: Any, place: str) -> UsageFile:
    """Return values as a usage file, checked; raise UsageFileError."""
    if not isinstance(values, dict):
        raise UsageFileError(place, f"holds {type(values).__name__}, not a mapping of usage keys")
    try:
        return UsageFile.model_validate(values)
    except ValidationError as error:
        # A misspelt key is also a missing one: say the first, it is what to correct.
        first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
        raise UsageFileError(place, _explain(first)) from None


def _explain(error: ErrorDetails) -> str:
    key = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        legal = ", ".join(_legal(error["loc"][:-1]))
        return f"{key} ({error['input']!r:.80}) is no usage key; legal keys here: {legal}"
    if error["type"] == "missing":
        return f"{key} is missing"
    return f"{key} {error['input']!r:.80} is refused: {error['msg']}"


def _legal(path: tuple[str | int, ...]) -> list[str]:
    model = _SECTIONS.get(str(path[0]), UsageFile) if path else UsageFile
    return [field.alias or name for name, field in model.model_fields.items()]

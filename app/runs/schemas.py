"""A run as clients see it."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, Field

from frmk.runs.models import Run
from frmk.runs.states import RunStatus


class UsageView(BaseModel):
    """Count what a run took from its model."""

    model: str
    input_tokens: int
    output_tokens: int
    total_tokens: int


class RunView(BaseModel):
    """Show where a run stands."""

    run_id: str
    thread_id: str
    status: RunStatus
    created_at: datetime
    updated_at: datetime
    usage: UsageView
    error: str | None = None

    @classmethod
    def of(cls, run: Run) -> Self:
        """Build the view of a run."""
        usage = run.usage
        return cls(
            run_id=run.run_id,
            thread_id=run.thread_id,
            status=run.status,
            created_at=run.created_at,
            updated_at=run.updated_at,
            usage=UsageView(
                model=usage.model,
                input_tokens=usage.input_tokens,
                output_tokens=usage.output_tokens,
                total_tokens=usage.total_tokens,
            ),
            error=run.error,
        )


class RunAccepted(BaseModel):
    """Say that a run was started in the background."""

    run_id: str
    thread_id: str
    status: RunStatus


class ResumeRequest(BaseModel):
    """Answer what a waiting run asked."""

    answer: Any = Field(description="anything that JSON can say")

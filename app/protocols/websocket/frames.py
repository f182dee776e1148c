"""What a client may send over the socket."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from app.errors import FieldProblem, InvalidRequestError, problems
from app.messages.schemas import MessageRequest
from app.protocols.sse import MAX_SEQ

ID_CHARACTERS = 128
FrameId = Annotated[str, Field(max_length=ID_CHARACTERS)] | int


class _Frame(BaseModel):
    id: FrameId | None = Field(default=None, description="repeated in the answer")
    user_id: str | None = Field(default=None, description="counts in mode `open` alone")


class MessageFrame(MessageRequest):
    """Start a run and follow it."""

    type: Literal["message"]
    id: FrameId | None = None


class FollowFrame(_Frame):
    """Follow a run from a number on."""

    type: Literal["follow"]
    run_id: str
    after: int = Field(default=0, ge=0, le=MAX_SEQ)


class CancelFrame(_Frame):
    """Ask a run to stop."""

    type: Literal["cancel"]
    run_id: str


class ResumeFrame(_Frame):
    """Answer a run that waits."""

    type: Literal["resume"]
    run_id: str
    answer: Any


class PingFrame(_Frame):
    """Ask whether the server is there."""

    type: Literal["ping"]


Frame = MessageFrame | FollowFrame | CancelFrame | ResumeFrame | PingFrame
_FRAMES: TypeAdapter[Frame] = TypeAdapter(Annotated[Frame, Field(discriminator="type")])


def parse_frame(value: Any) -> Frame:
    """Return the frame, or raise InvalidRequestError naming its fields."""
    if not isinstance(value, dict):
        raise InvalidRequestError(
            [FieldProblem(field="frame", message="a frame is a JSON object with a `type`")]
        )
    try:
        return _FRAMES.validate_python(value)
    except ValidationError as error:
        raise InvalidRequestError(_named(error)) from error


def frame_id(value: Any) -> str | int | None:
    """Return the id of a frame that may be wrong otherwise, so that its error can repeat it."""
    seen = value.get("id") if isinstance(value, dict) else None
    return (
        seen
        if isinstance(seen, str | int) and not isinstance(seen, bool) and len(str(seen)) <= ID_CHARACTERS
        else None
    )


def _named(error: ValidationError) -> list[FieldProblem]:
    kinds = {"message", "follow", "cancel", "resume", "ping"}
    found = problems(error.errors(include_input=False, include_url=False))
    for problem in found:
        kind, _, rest = problem.field.partition(".")
        problem.field = (rest or kind) if kind in kinds else problem.field.replace("body", "type")
    return found

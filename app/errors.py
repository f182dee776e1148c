"""Named errors and the one form in which clients see them.

ApiError                       `{"error": <name>, "detail": <sentence>, "fields"?: […]}`
├── MalformedJsonError         400
├── UnauthenticatedError       401
├── NotFoundError              404
├── MethodNotAllowedError      405
├── RunNotWaitingError         409
├── RunCancelledError          409
├── BodyTooLargeError          413
├── UnsupportedMediaTypeError  415
├── InvalidRequestError        422
├── TooManyRequestsError       429
├── InternalError              500
└── UnavailableError           503
Errors of frmk keep their names; STATUS_OF says which status each family has.
"""

from collections.abc import Sequence
from http import HTTPStatus
from math import ceil
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from frmk import errors as frmk


class FieldProblem(BaseModel):
    """Name one field or value that a request got wrong."""

    field: str
    message: str


class ErrorBody(BaseModel):
    """Say what went wrong, the value seen and what is allowed."""

    error: str = Field(examples=["RunNotFoundError"])
    detail: str
    fields: list[FieldProblem] | None = None
    run_id: str | None = Field(
        default=None, description="the run that the error is about, where one was started"
    )
    thread_id: str | None = None


class ApiError(HTTPException):
    """Stand above every expected failure of a request."""

    status = 500

    def __init__(
        self,
        detail: str,
        *,
        fields: Sequence[FieldProblem] = (),
        headers: dict[str, str] | None = None,
        about: dict[str, str] | None = None,
    ) -> None:
        super().__init__(self.status, detail, headers)
        self.fields = tuple(fields)
        self.about = about or {}

    @property
    def name(self) -> str:
        """Return the name that clients tell errors apart by."""
        return type(self).__name__

    def body(self) -> dict[str, Any]:
        """Return the error as clients read it."""
        fields = {"fields": [field.model_dump() for field in self.fields]} if self.fields else {}
        return {"error": self.name, "detail": self.detail, **fields, **self.about}


class MalformedJsonError(ApiError):
    """Say that a body or a frame is not strict JSON."""

    status = 400


class UnauthenticatedError(ApiError):
    """Say that nobody was recognised."""

    status = 401

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": "Bearer"})


class NotFoundError(ApiError):
    """Say that nothing answers at this address."""

    status = 404


class MethodNotAllowedError(ApiError):
    """Say that an address takes other methods."""

    status = 405


class RunNotWaitingError(ApiError):
    """Say that a run asks for no answer."""

    status = 409

    def __init__(self, run_id: str, status: str) -> None:
        super().__init__(
            f"Run {run_id!r} waits for no answer: it is {status}. "
            "Only a run that is waiting_for_approval can be resumed."
        )


class RunCancelledError(ApiError):
    """Say that a run was cancelled before its answer was there."""

    status = 409


class BodyTooLargeError(ApiError):
    """Say how much a body may hold."""

    status = 413

    def __init__(self, limit: int, seen: int | None = None) -> None:
        amount = f"{seen:,} bytes" if seen is not None else f"more than {limit:,} bytes"
        super().__init__(f"The body has {amount}; allowed are {limit:,}. Send less.")


class UnsupportedMediaTypeError(ApiError):
    """Say which media type a body must have."""

    status = 415

    def __init__(self, seen: str | None) -> None:
        super().__init__(f"The body's Content-Type is {seen!r}; allowed is application/json.")


class InvalidRequestError(ApiError):
    """Say which fields or values of a well-formed request are refused."""

    status = 422

    def __init__(self, fields: Sequence[FieldProblem]) -> None:
        super().__init__("; ".join(f"{field.field}: {field.message}" for field in fields), fields=fields)


class TooManyRequestsError(ApiError):
    """Say when to come back."""

    status = 429

    def __init__(self, detail: str, *, retry_after: float) -> None:
        super().__init__(detail, headers={"Retry-After": str(max(1, ceil(retry_after)))})


class InternalError(ApiError):
    """Hide a defect of ours; the log holds it."""

    def __init__(self) -> None:
        super().__init__("The server failed on this request; its log says why. Try again.")


class UnavailableError(ApiError):
    """Name the dependency that does not answer."""

    status = 503

    def __init__(self, detail: str, *, retry_after: float = 1, about: dict[str, str] | None = None) -> None:
        super().__init__(detail, headers={"Retry-After": str(max(1, ceil(retry_after)))}, about=about)


class RunFailedError(UnavailableError):
    """Repeat under its own name why a run failed."""

    def __init__(self, error: str, detail: str, about: dict[str, str]) -> None:
        super().__init__(detail, about=about)
        self.error = error

    @property
    def name(self) -> str:
        """Return the name that the run's last event gave."""
        return self.error


STATUS_OF: tuple[tuple[type[frmk.FrameworkError], int], ...] = (
    (frmk.NotFoundError, 404),
    (frmk.ConflictError, 409),
    (frmk.LimitError, 429),
    (frmk.UsageError, 422),
    (frmk.StoreError, 503),
    (frmk.RunError, 503),
    (frmk.FrameworkError, 500),
)


def as_api_error(error: Exception) -> ApiError:
    """Translate any exception into what a client may see of it."""
    match error:
        case ApiError():
            return error
        case RequestValidationError():
            return InvalidRequestError(problems(error.errors()))
        case HTTPException():
            return _http(error)
        case frmk.FrameworkError():
            return _framework(error)
        case _:
            return InternalError()


def problems(errors: Sequence[Any]) -> list[FieldProblem]:
    """Return pydantic's findings as field problems, without the place prefix and without the input."""
    found = []
    for item in errors:
        place = [str(part) for part in item["loc"] if part not in {"body", "query", "path", "header"}]
        message = item["msg"].removeprefix("Value error, ")
        found.append(FieldProblem(field=".".join(place) or "body", message=message))
    return found


def error_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entries of these error statuses; some may come from every protected route."""
    return {status: {"model": ErrorBody} for status in sorted({401, 429, 500, 503, *statuses})}


def install_error_handlers(app: FastAPI) -> None:
    """Make every failure of a request one JSON body."""
    for kind in (HTTPException, RequestValidationError, frmk.FrameworkError, Exception):
        app.add_exception_handler(kind, _render)


async def _render(request: Request, error: Exception) -> JSONResponse:
    seen = as_api_error(error)
    if seen.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(error, ApiError):
        structlog.get_logger("app.errors").error("request failed", path=request.url.path, exc_info=error)
    return JSONResponse(seen.body(), status_code=seen.status_code, headers=seen.headers)


def _http(error: HTTPException) -> ApiError:
    kinds: dict[int, tuple[type[ApiError], str]] = {
        404: (NotFoundError, "Nothing is served at this address. GET /openapi.json lists what is."),
        405: (MethodNotAllowedError, "This address takes other methods; the Allow header names them."),
        400: (MalformedJsonError, str(error.detail)),
    }
    if error.status_code not in kinds:
        other = ApiError(str(error.detail), headers=dict(error.headers or {}))
        other.status_code = error.status_code
        return other
    kind, detail = kinds[error.status_code]
    return kind(detail, headers=dict(error.headers or {}))


def _framework(error: frmk.FrameworkError) -> ApiError:
    retry = (
        {"Retry-After": str(max(1, ceil(error.retry_after)))} if isinstance(error, frmk.LimitError) else None
    )
    fields = (
        [FieldProblem(field=error.field, message=str(error))] if isinstance(error, frmk.FieldError) else []
    )
    found = _FrameworkApiError(str(error), fields=fields, headers=retry)
    found.error = type(error).__name__
    found.status_code = next(status for kind, status in STATUS_OF if isinstance(error, kind))
    return found


class _FrameworkApiError(ApiError):
    """Carry an error of frmk under its own name."""

    error = "FrameworkError"

    @property
    def name(self) -> str:
        return self.error

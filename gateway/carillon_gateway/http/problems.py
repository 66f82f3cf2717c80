"""Turns whatever went wrong into application/problem+json (RFC 9457); it must not leak what is inside."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from carillon_chassis.errors import (
    Conflict,
    DomainError,
    InvalidInput,
    LimitExceeded,
    NotFound,
    PermissionRefused,
    StateRefused,
    Unavailable,
)

MEDIA_TYPE = "application/problem+json"
# A service that restarts is back within seconds; a caller that waits this long mostly finds it.
RETRY_AFTER_SECONDS = "2"
RETRY_KEY = "retry_after_seconds"

STATUSES: Mapping[type[DomainError], HTTPStatus] = {
    InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    StateRefused: HTTPStatus.CONFLICT,
    PermissionRefused: HTTPStatus.FORBIDDEN,
    LimitExceeded: HTTPStatus.TOO_MANY_REQUESTS,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
# Reasons for what the framework itself refuses; the details say what to do.
FRAMEWORK: Mapping[int, tuple[str, str]] = {
    400: ("MALFORMED_BODY", "the body can't be read; send what /docs describes"),
    404: ("PATH_UNKNOWN", "there is nothing at this path; /docs lists what there is"),
    405: ("METHOD_NOT_ALLOWED", "this path does not take this method; the Allow header lists those it takes"),
}

logger = logging.getLogger(__name__)


class FieldProblem(BaseModel):
    """One field at fault."""

    field: str = Field(
        description="Path of the field in the body, the query or the path", examples=["source.touchpoint"]
    )
    rule: str = Field(description="The rule it broke; stable", examples=["string_too_long"])
    detail: str = Field(description="What is wrong, for people")


class Problem(BaseModel):
    """An error as RFC 9457 has it, with the stable reason and the fields at fault."""

    type: str = Field(description="URN of the reason", examples=["urn:carillon:problem:SUBSCRIBER_UNKNOWN"])
    title: str = Field(description="The status in words", examples=["Not Found"])
    status: int = Field(description="The HTTP status", examples=[404])
    reason: str = Field(description="What programs switch on; stable", examples=["SUBSCRIBER_UNKNOWN"])
    detail: str = Field(description="What is wrong and what to do about it, for people")
    errors: list[FieldProblem] = Field(description="The fields at fault; empty where no field is")


class ProblemResponse(Response):
    """A problem on its way out; ``reason`` is kept for the audit log."""

    media_type = MEDIA_TYPE

    def __init__(
        self,
        status: int,
        reason: str,
        detail: str,
        *,
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.reason = reason
        problem = Problem(
            type=f"urn:carillon:problem:{reason}",
            title=HTTPStatus(status).phrase,
            status=status,
            reason=reason,
            detail=detail,
            errors=list(errors),
        )
        super().__init__(problem.model_dump_json(), status_code=status, headers=headers)


class Refusal(Exception):
    """What the edge itself refuses, with its status: tokens, media types, sizes."""

    def __init__(self, status: int, reason: str, detail: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.reason = reason
        self.detail = detail
        self.headers = headers


def render_error(error: Exception) -> ProblemResponse:
    """The problem that any exception stands for; an unforeseen one is logged and told as INTERNAL."""
    match error:
        case Refusal():
            return ProblemResponse(error.status, error.reason, error.detail, headers=error.headers)
        case DomainError():
            return _domain_problem(error)
        case RequestValidationError():
            return _validation_problem(error)
        case HTTPException():
            return _framework_problem(error)
        case ClientDisconnect():
            return ProblemResponse(400, "CLIENT_GONE", "the connection closed before the body had come")
        case _:
            logger.error("a request failed unforeseen", exc_info=error)
            return ProblemResponse(
                500, "INTERNAL", "an internal error; the gateway's log says more under this request's x-request-id"
            )


def _domain_problem(error: DomainError) -> ProblemResponse:
    status = next((STATUSES[cls] for cls in type(error).__mro__ if cls in STATUSES), HTTPStatus.INTERNAL_SERVER_ERROR)
    headers = {}
    if status in {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}:
        headers["retry-after"] = error.metadata.get(RETRY_KEY, RETRY_AFTER_SECONDS)
    if error.violations:
        errors = [FieldProblem(field=found.field, rule=found.rule, detail=found.detail) for found in error.violations]
    elif error.field:
        errors = [FieldProblem(field=error.field, rule=error.reason, detail=error.detail)]
    else:
        errors = []
    return ProblemResponse(status, error.reason, error.detail, errors=errors, headers=headers)


def _validation_problem(error: RequestValidationError) -> ProblemResponse:
    errors = [
        FieldProblem(field=field_path(found["loc"]), rule=str(found["type"]), detail=str(found["msg"]))
        for found in error.errors()
    ]
    if any(found.rule == "json_invalid" for found in errors):
        return ProblemResponse(400, "MALFORMED_JSON", "the body is not JSON", errors=errors)
    return ProblemResponse(
        422, "SHAPE", "; ".join(f"{found.field or 'body'}: {found.detail}" for found in errors), errors=errors
    )


def _framework_problem(error: HTTPException) -> ProblemResponse:
    if error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return ProblemResponse(413, "BODY_TOO_LARGE", str(error.detail), headers=error.headers)
    reason, detail = FRAMEWORK.get(error.status_code, ("REFUSED", str(error.detail)))
    return ProblemResponse(error.status_code, reason, detail, headers=error.headers)


def field_path(location: Sequence[int | str]) -> str:
    """A field's path as people write it, ``arms[1].name``, without where in the request it stood."""
    path = ""
    for part in location[1:]:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            path += f".{part}" if path else part
    return path

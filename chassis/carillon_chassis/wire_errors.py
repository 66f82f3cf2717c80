"""The border between domain errors and gRPC statuses; one table, both ways.

A status carries google.rpc.ErrorInfo (reason, field) and google.rpc.BadRequest (violations), so the
caller on the other side raises the very error the servicer raised.
"""

import grpc
from google.protobuf import any_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from carillon_chassis.errors import (
    Conflict,
    DomainError,
    InvalidInput,
    LimitExceeded,
    NotFound,
    PermissionRefused,
    StateRefused,
    Unavailable,
    Violation,
)

DOMAIN = "carillon"

CODES: dict[type[DomainError], grpc.StatusCode] = {
    InvalidInput: grpc.StatusCode.INVALID_ARGUMENT,
    NotFound: grpc.StatusCode.NOT_FOUND,
    Conflict: grpc.StatusCode.ALREADY_EXISTS,
    StateRefused: grpc.StatusCode.FAILED_PRECONDITION,
    PermissionRefused: grpc.StatusCode.PERMISSION_DENIED,
    LimitExceeded: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Unavailable: grpc.StatusCode.UNAVAILABLE,
}
CLASSES = {code: error for error, code in CODES.items()}
# The metadata key under which ErrorInfo carries the field at fault.
FIELD_KEY = "field"

# A status travels in headers of 8 KB, twice over; of a thousand bad cells ten are enough to see what is wrong.
MOST_VIOLATIONS = 10


def code_of(error: DomainError) -> grpc.StatusCode:
    """The status code of an error, by its class or the nearest class above it."""
    return next((CODES[cls] for cls in type(error).__mro__ if cls in CODES), grpc.StatusCode.UNKNOWN)


def to_status(error: DomainError) -> status_pb2.Status:
    """The rich status of a domain error."""
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=dict(error.metadata))
    if error.field:
        info.metadata[FIELD_KEY] = error.field
    details = [any_pb2.Any(), any_pb2.Any()] if error.violations else [any_pb2.Any()]
    details[0].Pack(info)
    if error.violations:
        details[1].Pack(
            error_details_pb2.BadRequest(
                field_violations=[
                    error_details_pb2.BadRequest.FieldViolation(
                        field=violation.field, reason=violation.rule, description=violation.detail
                    )
                    for violation in error.violations[:MOST_VIOLATIONS]
                ]
            )
        )
    number = code_of(error).value[0]
    return status_pb2.Status(code=number or code_pb2.UNKNOWN, message=error.detail, details=details)


def from_rpc_error(error: grpc.aio.AioRpcError) -> DomainError:
    """The domain error that a failed call stands for; Unavailable for a peer that is away or too slow."""
    status = rpc_status.from_call(error)
    if status is not None:
        return _from_status(status, CLASSES.get(error.code(), Unavailable))
    detail = error.details() or error.code().name
    if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
        return Unavailable(reason="DEADLINE_EXCEEDED", detail="the service did not answer in time; try again")
    if error.code() in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}:
        return Unavailable(reason="PEER_AWAY", detail=f"the service can't be reached: {detail}")
    if error.code() is grpc.StatusCode.UNIMPLEMENTED:
        return NotFound(reason="NOT_BUILT", detail=detail)
    return DomainError(reason="INTERNAL", detail=detail)


def _from_status(status: status_pb2.Status, kind: type[DomainError]) -> DomainError:
    info = error_details_pb2.ErrorInfo()
    bad = error_details_pb2.BadRequest()
    for detail in status.details:
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            detail.Unpack(info)
        elif detail.Is(error_details_pb2.BadRequest.DESCRIPTOR):
            detail.Unpack(bad)
    metadata = dict(info.metadata)
    return kind(
        reason=info.reason or "UNKNOWN",
        detail=status.message,
        field=metadata.pop(FIELD_KEY, ""),
        metadata=metadata,
        violations=tuple(
            Violation(field=violation.field, rule=violation.reason, detail=violation.description)
            for violation in bad.field_violations
        ),
    )
